// Keeps the page live by server-sent events, and turns UTC into the browser's local time.
// Without it the page shows what was there when it was loaded.
"use strict";
(() => {
  const root = document.documentElement;
  const table = document.querySelector("table");
  const list = document.getElementById("passages");
  const calls = document.getElementById("calls");
  const state = document.getElementById("state");
  const notice = document.getElementById("notice");
  const zone = document.getElementById("zone");
  const SILENT_MS = 40_000; // the server says something every 15 s; after this the line is dead, whatever it looks like
  const AGAIN_MS = 3_000;
  const clock = new Intl.DateTimeFormat(root.lang, {
    month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
  });
  let source = null;
  let seen = table.dataset.version;
  let timer = 0;

  const localise = (within) => {
    for (const time of within.querySelectorAll("time")) {
      const utc = time.textContent;
      time.textContent = clock.format(new Date(time.dateTime));
      time.title = utc;
    }
  };

  const show = (name) => {
    state.hidden = false;
    if (state.className === name) return;
    state.className = name;
    state.textContent = state.dataset[name];
  };

  const take = ({ calls: standing, order, rows }) => {
    if (standing !== undefined) {
      calls.innerHTML = standing;
      localise(calls);
    }
    const made = new Map();
    for (const [id, html] of Object.entries(rows)) {
      const parsed = document.createElement("template");
      parsed.innerHTML = html;
      const row = parsed.content.firstElementChild;
      localise(row);
      row.classList.add("fresh");
      made.set(id, row);
    }
    const all = order.map((id) => made.get(id) ?? document.getElementById(id));
    if (all.length && !all.includes(null)) list.replaceChildren(...all);
    notice.hidden = !list.querySelector(".simulated") && !calls.querySelector("i");
  };

  const later = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(connect, wait);
  };

  const alive = () => {
    show("live");
    later(SILENT_MS);
  };

  const disconnect = () => {
    clearTimeout(timer);
    source?.close();
    source = null;
  };

  // An answer that is no stream: whoever is signed out is shown where to sign in.
  const refused = async (url) => {
    const answer = await fetch(url).catch(() => null);
    answer?.body?.cancel();
    if (answer?.status === 401) location.reload();
  };

  function connect() {
    disconnect();
    source = new EventSource(`${table.dataset.source}&seen=${seen}`);
    later(SILENT_MS);
    source.onopen = alive;
    source.addEventListener("beat", alive);
    source.addEventListener("passages", (event) => {
      alive();
      seen = event.lastEventId;
      if (seen.split("-")[0] !== root.dataset.build) {
        setTimeout(() => location.reload(), AGAIN_MS); // the server was renewed: so is the page
        return;
      }
      take(JSON.parse(event.data));
    });
    source.addEventListener("signed_out", () => location.reload());
    source.onerror = () => {
      show("reconnecting");
      if (source.readyState === EventSource.CLOSED) refused(source.url);
      later(AGAIN_MS * (1 + Math.random()));
    };
  }

  localise(list);
  localise(calls);
  zone.textContent = `${zone.dataset.local} (${Intl.DateTimeFormat().resolvedOptions().timeZone})`;
  // A page that nobody looks at takes no listener's place.
  document.addEventListener("visibilitychange", () => (document.hidden ? disconnect() : connect()));
  if (!document.hidden) connect();
})();

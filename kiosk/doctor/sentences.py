"""Every sentence of the doctor, in one place, so that they can be translated. What was found, and what to do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sentence:
    """`{names}` stand for what was measured. Without advice there is nothing to do."""

    detail: str
    advice: str = ""


HEADINGS = {
    "title": "Gatepost doctor",
    "simulated": "Gatepost doctor: a simulated kiosk, with no real device below it",
    "advice": "What to do",
    "later": "What can wait",
    "fit": "All parts are fit.",
    "unfit": "Not in order: {parts}.",
}
SIMULATED = "simulated: {detail}"

SENTENCES: dict[str, Sentence] = {
    # Any part.
    "any.hangs": Sentence(
        "gave no answer within {within_s:g} s",
        "Take its power or its cable away for ten seconds; if it hangs again, exchange it.",
    ),
    "any.fault": Sentence(
        "the doctor itself failed here: {kind}", "Report this with the software's version: it is a fault of Gatepost."
    ),
    "any.in_use": Sentence("in use by the running kiosk, which has nothing to say against it"),
    "any.in_use_lost": Sentence(
        "in use by the running kiosk, which has lost it: {reason}",
        "Look at its cable and its power. To examine the part itself, stop the kiosk and ask again.",
    ),
    "any.in_use_gone": Sentence(
        "left to the running kiosk, whose process for it is lost: {reason}",
        "See the line of the kiosk. To examine the part itself, stop the kiosk and ask again.",
    ),
    "any.in_use_silent": Sentence(
        "held by a kiosk that does not answer", "See the line of the kiosk; once it is stopped, ask again."
    ),
    # The board and what is on it.
    "board.pi": Sentence("{model}, Linux {kernel}, Python {python}, Gatepost {software}"),
    "board.other": Sentence("no Raspberry Pi: {machine}, Linux {kernel}, Python {python}, Gatepost {software}"),
    "board.narrow": Sentence(
        "a system of {bits} bits", "Install the 64-bit system: the libraries that a kiosk needs exist for no other."
    ),
    "rules.unread": Sentence("could not be read in time", "Look at the disk's line: reading two small files took too long."),
    "power.well": Sentence("the supply was good since the start"),
    "power.unseen": Sentence("this board does not say how good its supply is"),
    "power.low": Sentence(
        "the supply is too low now",
        "Use the supply made for this board (5 V, 3 A for a Pi 4) and a short cable; feed the relay from another one.",
    ),
    "power.was_low": Sentence(
        "the supply was too low for a moment since the start",
        "Watch it while the relay and the camera work; a stronger supply or a shorter cable mends it.",
    ),
    "power.slowed": Sentence("the board runs slower than it could: {reasons}", "Cool the board: a heat sink, or air."),
    "power.was_slowed": Sentence("the board was slowed down for a time since the start: {reasons}"),
    "processor.well": Sentence("{temperature_c:.0f} °C"),
    "processor.warm": Sentence("{temperature_c:.0f} °C", "Give the board some air before summer: at 80 °C it slows down."),
    "processor.hot": Sentence(
        "{temperature_c:.0f} °C, at which the board slows down", "Cool the board: a heat sink, air, or shade."
    ),
    "processor.unseen": Sentence("this board does not say how warm it is"),
    "memory.well": Sentence("{free_mb:.0f} MB of {total_mb:.0f} MB free"),
    "memory.short": Sentence(
        "{free_mb:.0f} MB of {total_mb:.0f} MB free, where {needed_mb:.0f} MB are needed",
        "End what else runs on the board, or take one with more memory.",
    ),
    "memory.unseen": Sentence("this system does not say how much memory is free", "Look at /proc/meminfo by hand."),
    "disk.well": Sentence("{free_mb:.0f} MB of {total_mb:.0f} MB free"),
    "disk.nearly_full": Sentence(
        "{free_mb:.0f} MB of {total_mb:.0f} MB free", "Delete what is not Gatepost's, or take a larger card."
    ),
    "clock.synchronised": Sentence("synchronised, {utc}"),
    "clock.drifting": Sentence(
        "set, but nobody keeps it right: {utc}",
        "Let the machine reach a time server (systemd-timesyncd or chrony); until then records say that they drift.",
    ),
    "clock.never_set": Sentence(
        "never set: it says {utc}",
        "Let the machine reach a time server, or set the time; without it nobody can say whether a pass is in force.",
    ),
    # The kiosk's processes.
    "kiosk.running": Sentence("running, answers in {answer_ms:.0f} ms; {processes}"),
    "kiosk.stopped": Sentence("not running; the devices were examined directly"),
    "kiosk.silent": Sentence(
        "its core is there but does not answer", "Stop the kiosk and start it again; its last lines may say why."
    ),
    "kiosk.forbidden": Sentence(
        "its core is there, but this account may not ask it", "Ask again as the kiosk's own account, or as root."
    ),
    "kiosk.part_missing": Sentence(
        "without its {part} process", "Start it again; its last lines in the journal say why it ended."
    ),
    "kiosk.part_lost": Sentence(
        "the core has lost its {part} process: {reason}", "Its last lines in the journal say why it ended."
    ),
    "kiosk.large": Sentence(
        "{memory_mb:.0f} MB held, where {budget_mb:.0f} MB are the budget",
        "Restart the kiosk, and report it if it grows again.",
    ),
    # The thermometer.
    "thermometer.well": Sentence(
        "unit {identity}, ambient {ambient_c:.1f} °C, noise {noise_c:.2f} °C, a new value every {update_ms:.0f} ms"
    ),
    "thermometer.not_wanted": Sentence("none is configured"),
    "thermometer.missing": Sentence(
        "none is configured, but the policy asks for the temperature",
        "Name it in [thermometer] source, or take a policy that does not ask.",
    ),
    "thermometer.absent": Sentence(
        "not found: {reason}",
        "Check its four wires (docs/wiring.md), that I2C is switched on (raspi-config), and the address with i2cdetect.",
    ),
    "thermometer.faulty": Sentence(
        "answers wrongly: {reason}", "Shorten the cable, keep the bus at 100 kHz or slower, and check the pull-ups."
    ),
    "thermometer.no_pec": Sentence(
        "its checksums are wrong with every read, so values are checked by reading them twice",
        "It can stay; if there is another unit, take that.",
    ),
    "thermometer.emissivity": Sentence(
        "somebody has written its emissivity ({emissivity:.2f} instead of 1), which disturbs its factory calibration",
        "Take another unit: this one cannot be put right.",
    ),
    "thermometer.slow_filter": Sentence(
        "its filter is at IIR code {iir_code}: a reading takes {settling_s:.1f} s longer than at code 4",
        "Set it with `gatepost thermometer filter --iir 4 --fir 7` and switch the power off and on; as it is, visitors wait.",
    ),
    "thermometer.coarse_filter": Sentence(
        "its filter is at FIR code {fir_code} instead of 7: values are noisier",
        "It can stay; a unit with FIR 1024 (code 7) settles more surely.",
    ),
    "thermometer.noisy": Sentence(
        "noise of {noise_c:.2f} °C: values never agree", "Keep the spot in front of it empty and ask again; else exchange it."
    ),
    "thermometer.stuck": Sentence(
        "always the same value", "Take its power away for ten seconds; if that is in vain, exchange it."
    ),
    "thermometer.dropouts": Sentence(
        "{failed} of {looks} reads failed", "Shorten the cable, keep the bus at 100 kHz or slower, and check the pull-ups."
    ),
    "thermometer.siting": Sentence(
        "ambient {ambient_c:.1f} °C is outside 14 to 32 °C",
        "Move the kiosk indoors, or out of sun and draught: forehead skin says little about fever there.",
    ),
    # The camera.
    "camera.well": Sentence(
        "{width} x {height} at {fps:.0f} frames a second, brightness {brightness:.0f} of 255,"
        " a frame decoded in {decode_ms:.1f} ms"
    ),
    "camera.absent": Sentence(
        "not found: {reason}",
        "Check its plug, and whether another program has it; v4l2-ctl --list-devices names what there is.",
    ),
    "camera.unusable": Sentence("{reason}", "Correct [camera] source."),
    "camera.no_frames": Sentence(
        "opens, but gives no frame within {within_s:g} s", "Pull its plug and put it back; try another port or cable."
    ),
    "camera.lost": Sentence("lost while it was watched: {reason}", "Check its plug, its cable and the supply."),
    "camera.dark": Sentence(
        "the picture is dark: brightness {brightness:.0f} of 255", "Take the lens cap off, or give the place some light."
    ),
    "camera.blinded": Sentence(
        "the picture is all white: brightness {brightness:.0f} of 255", "Turn the camera away from the sun or the lamp."
    ),
    "camera.slow": Sentence(
        "{fps:.0f} frames a second instead of {wanted_fps}",
        "Give the place more light, plug the camera into a USB port of its own, or ask for a smaller picture.",
    ),
    "camera.small": Sentence(
        "a picture {width} wide instead of {wanted_width}", "Take a camera with 1280 x 720, or write what it has in [camera]."
    ),
    "camera.slow_decoding": Sentence(
        "a frame takes {decode_ms:.0f} ms to decode", "End what else runs on the board: codes are seen late."
    ),
    # The gate line.
    "gate_line.well": Sentence("pin {pin} is free and inactive"),
    "gate_line.absent": Sentence(
        "no pins: {reason}", "On a Raspberry Pi install the extra `pi` (lgpio) and let this account use /dev/gpiochip*."
    ),
    "gate_line.taken": Sentence(
        "pin {pin} cannot be had: {reason}", "Find what else uses it (gpioinfo names it), or name another pin."
    ),
    "gate_line.active": Sentence(
        "pin {pin} reads active, though nothing drives it",
        "Switch the gate's operator off, then check active_high, the wiring and the pull-down at the driver.",
    ),
    "passage_sensor.well": Sentence("pin {pin} is free; nobody is between the posts"),
    "passage_sensor.covered": Sentence(
        "pin {pin} says that somebody is between the posts", "Clear the passage and ask again; else align the sensor."
    ),
    "passage_sensor.not_wanted": Sentence("none is configured: the kiosk does not know who went through"),
    "passage_sensor.unseen": Sentence("not examined: there are no pins", "See the line of the gate line."),
    # The screen.
    "screen.display": Sentence("a display is there ({driver})"),
    "screen.not_wanted": Sentence("none is configured"),
    "screen.no_display": Sentence(
        "no display: {reason}", "Check its cable and its power, or write fitted = false in [screen] for a gate without one."
    ),
    "screen.lost": Sentence(
        "the running kiosk has lost it: {reason}", "Check its cable and its power; its last lines in the journal say more."
    ),
    "screen.font_gone": Sentence("its font {path} is not there", "Correct [screen] font, or leave it out."),
    "screen.no_font": Sentence(
        "no font for Chinese, Japanese and Korean is installed", "Install it (apt install fonts-noto-cjk)."
    ),
    "screen.no_touch": Sentence(
        "no touch panel", "Check the panel's USB or ribbon cable: visitors and guards can touch nothing."
    ),
    # The voice.
    "voice.synthetic": Sentence("espeak-ng says every sentence"),
    "voice.recorded": Sentence("all {sentences} sentences are recorded"),
    "voice.partly_recorded": Sentence(
        "{recorded} of {sentences} sentences are recorded, espeak-ng says the others",
        "Record what is missing (docs/words.md), or leave it to espeak-ng: {named}.",
    ),
    "voice.gaps": Sentence(
        "{recorded} of {sentences} sentences are recorded, and nothing says the others: espeak-ng is not installed",
        "Install espeak-ng, or record what is missing or unfit (docs/words.md): {named}.",
    ),
    "voice.no_synthesizer": Sentence(
        "espeak-ng is not installed", "Install espeak-ng (apt install espeak-ng), or record every sentence."
    ),
    "voice.no_player": Sentence("aplay is not installed", "Install it (apt install alsa-utils)."),
    "voice.no_card": Sentence(
        "there is no sound card",
        "Plug a loudspeaker's adapter in, or switch the board's own sound on; else set [screen] volume to 0 all day: "
        "whoever cannot see the screen is then helped by nobody but the guard.",
    ),
    "voice.not_wanted": Sentence("its volume is 0 all day"),
    # The log.
    "log.well": Sentence(
        "{events} events, {unacknowledged} not yet at the server, the newest {verified} in an unbroken chain;"
        " {free_mb:.0f} MB free"
    ),
    "log.new": Sentence("not there yet: the kiosk makes it at its first start; {free_mb:.0f} MB free"),
    "log.lost": Sentence("gone, though the kiosk runs", "Restart the kiosk, and find out who removed the file: {path}."),
    "log.corrupt": Sentence(
        "damaged: {reason}",
        "Start the kiosk: it sets the file aside and begins a new log. Keep the old file for the server's keeper.",
    ),
    "log.locked": Sentence(
        "another program holds it locked", "End that program: nothing opens without log or server. See lsof {path}."
    ),
    "log.unreadable": Sentence("cannot be read: {reason}", "Ask again as the kiosk's own account, or as root."),
    "log.set_aside": Sentence(
        "{files} older files were set aside, {mb:.1f} MB",
        "Give them to the server's keeper, who tells whether the server has all that is in them; then delete"
        " {path}-set-aside-*.",
    ),
    "log.no_space": Sentence(
        "{free_mb:.0f} MB free on its disk", "Make room now: when the disk is full, nothing opens without the server."
    ),
    "log.nearly_full": Sentence(
        "{used_mb:.0f} MB of the {capacity_mb:.0f} MB that it may fill",
        "Bring the server back, which takes events over; without one raise [log] capacity_mb. When the log is full, nothing"
        " opens without the server.",
    ),
    "log.fsync": Sentence("a write is on the disk after {fsync_ms:.1f} ms, {fsync_max_ms:.1f} ms at most"),
    "log.slow_disk": Sentence(
        "an event takes {fsync_ms:.0f} ms to be on disk, up to {fsync_max_ms:.0f} ms",
        "Exchange the card for one of class A1 or A2, or an SSD: visitors wait for it.",
    ),
    "log.unwritable": Sentence(
        "its folder cannot be written: {reason}", "Give the folder to the kiosk's account, or ask again as that account."
    ),
    "log.backlog": Sentence("{unacknowledged} events wait for the server", "See the line of the server."),
    "log.other_gate": Sentence(
        "it is the log of {found}, not of {wanted}", "Correct [gate] if it is wrong; else the kiosk begins a new log in it."
    ),
    # Rules and trust.
    "policy.well": Sentence("{name}, {rules} rules"),
    "policy.came_down": Sentence("{name}, {rules} rules, from the central server"),
    "policy.unusable": Sentence("{reason}", "Correct [policy] file: the kiosk does not start without it."),
    "policy.open_end": Sentence("{reason}", "Correct the document; `gatepost policy check` says the same."),
    "trust.well": Sentence(
        "{pass_keys} keys for passes, {health_services} services for health codes, {signers} signers of EU certificates, "
        "{card_keys} keys for health cards, {revoked} passes revoked"
    ),
    "trust.not_wanted": Sentence("no list is configured, and the policy asks for no code"),
    "trust.missing": Sentence(
        "no list is configured, but the policy asks for codes", "Name one in [policy] trust: until then no code is believed."
    ),
    "trust.unusable": Sentence("{reason}", "Correct [policy] trust: the kiosk does not start without it."),
    "trust.no_keys": Sentence(
        "no key in it may sign passes for {compound}", "Ask whoever issues the passes for a list that names this compound."
    ),
    "trust.old": Sentence(
        "issued {age_days:.0f} days ago", "Fetch the newest list: what was revoked since is still believed."
    ),
    "trust.from_the_future": Sentence("issued in the future", "Look at the clock, here and where the list was made."),
    # The network.
    "server.well": Sentence("answers in {answer_ms:.0f} ms over {transport}"),
    "server.plain": Sentence(
        "answers in {answer_ms:.0f} ms, without TLS",
        "Give the server [tls] names, enrol this kiosk, and write https:// in [server] url.",
    ),
    "server.not_wanted": Sentence("none is configured: the kiosk works alone and keeps everything"),
    "server.refused": Sentence(
        "nobody listens there", "Start the server, or correct [server] url; meanwhile the kiosk keeps everything."
    ),
    "server.unnamed": Sentence(
        "its name is not known", "Check the network and its name server, and the name in [server] url."
    ),
    "server.unreachable": Sentence(
        "not reached: {reason}", "Check the network cable or Wi-Fi; meanwhile the kiosk keeps everything."
    ),
    "server.hangs": Sentence(
        "no answer within {within_s:g} s",
        "Look at the server's load and at the network; meanwhile the kiosk keeps everything.",
    ),
    "server.in_between": Sentence(
        "somebody is in between: the certificate is not by this site's CA",
        "Find out which network this is: sign in to its portal if it has one, else do not trust it. After the server was "
        "set up anew the kiosk must be enrolled again.",
    ),
    "server.not_judged": Sentence(
        "it answers, but this kiosk is not enrolled yet, so its certificate cannot be judged", "See the line of identity."
    ),
    "server.other_name": Sentence(
        "its certificate is for another name",
        "Correct [server] url, or add this name to [tls] names on the server and restart it.",
    ),
    "server.certificate_time": Sentence(
        "its certificate is out of its time, or this kiosk's clock is",
        "Look at the clock's line. The server renews its certificate at every start: restart it, and look at its clock.",
    ),
    "server.server_clock": Sentence(
        "it takes what was signed by its own clock for old", "Set the clocks of all machines that the server runs on."
    ),
    "server.clock": Sentence(
        "its clock is {apart_s:+.0f} s from this kiosk's, which goes by a time server",
        "Set the server's clock: it corrects the times of kiosks that have none.",
    ),
    "server.not_enrolled": Sentence(
        "it takes nothing from a kiosk that is not enrolled", "Enrol this kiosk: gatepost enrol --config FILE --code CODE."
    ),
    "server.unknown_device": Sentence(
        "it does not know this device",
        "If it was restored from a backup, enrol again with a new code: gatepost enrol --config FILE --code CODE. The "
        "kiosk keeps everything until then.",
    ),
    "server.revoked": Sentence(
        "it refuses this kiosk: its device has been revoked",
        "Ask the server's keeper why. The kiosk goes on recording and keeps everything. To let it in again, remove its "
        "identity folder and enrol with a new code.",
    ),
    "server.replaced": Sentence(
        "it refuses this kiosk: its device has been replaced by another",
        "Take this kiosk out of service, or enrol it with a code of its own; it keeps everything.",
    ),
    "server.simulated": Sentence("it takes no simulated kiosks", "Use a server for trials, or real devices."),
    "server.changed": Sentence(
        "what this kiosk signs does not arrive as it was sent",
        "Let requests pass unchanged: a proxy before the server rewrites them. Else enrol again.",
    ),
    "identity.well": Sentence("enrolled as {device}: {gate}, {direction}"),
    "identity.not_wanted": Sentence("none: the kiosk works alone"),
    "identity.none": Sentence(
        "not enrolled, and no code is configured", "Ask for a code, and run gatepost enrol --config FILE --code CODE."
    ),
    "identity.waiting": Sentence(
        "not enrolled yet, though there is a code",
        "See the line of the server. If the code is used up or too old, ask for a new one; the kiosk keeps everything.",
    ),
    "identity.unusable": Sentence(
        "{reason}",
        "Ask again as the kiosk's own account, or as root. If it is damaged, remove its folder and enrol anew.",
    ),
    "identity.elsewhere": Sentence(
        "but in {compound}, which is not this kiosk's compound",
        "Correct [gate] compound, or remove the identity folder and enrol anew: the kiosk does not start like this.",
    ),
    "identity.open": Sentence(
        "others may read its key", "Close it: chmod 600 {path}. If somebody may have copied it, revoke the device."
    ),
    "server.untrusted": Sentence(
        "its certificate is not accepted", "Check the clock's line, the name in [server] url and the server's certificate."
    ),
    "server.captive_portal": Sentence(
        "a web page answers instead: a captive portal or a proxy stands in between",
        "Sign in to the network once, or better let the kiosk's address pass without a portal.",
    ),
    "server.other": Sentence(
        "something else answers there (HTTP {status})", "Correct [server] url, or the proxy before the server."
    ),
    "issuer.well": Sentence("{issuer} reached in {answer_ms:.0f} ms"),
    "issuer.unlisted_unknown": Sentence("not examined: the trust lists cannot be read", "See the line of trust."),
    "issuer.not_wanted": Sentence("no service for health codes is configured, and none is needed"),
    "issuer.no_gateway": Sentence(
        "{issuer} has no address: its health codes stay unknown", "Name its gateway in [policy.issuers]."
    ),
    "issuer.unlisted": Sentence(
        "{issuer} is in no trust list",
        "Correct its id in [policy.issuers] or add its list: the kiosk does not start like this.",
    ),
    "issuer.refused": Sentence(
        "{issuer}: nobody listens there", "Correct its address in [policy.issuers], or ask its keeper."
    ),
    "issuer.unnamed": Sentence("{issuer}: its name is not known", "Check the network, its name server, and the address."),
    "issuer.unreachable": Sentence("{issuer}: not reached: {reason}", "Check the network cable or Wi-Fi."),
    "issuer.hangs": Sentence("{issuer}: no answer within {within_s:g} s", "Look at the network, or ask its keeper."),
    "issuer.untrusted": Sentence("{issuer}: its certificate is not accepted", "Check the clock's line, and the address."),
}

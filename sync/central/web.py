"""The live page: the latest passages, in four languages, without names."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Header, Query
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader

from sync.central.store import Store

SHOWN = 50
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
WORDS = {
    "zh": {
        "title": "最新通行记录", "time": "时间", "gate": "门岗", "visitor": "人员", "answer": "结果", "reasons": "原因",
        "temperature": "体温", "outcome": "通行", "none": "暂无记录", "admit": "放行", "refuse": "拒绝", "hold": "待核实",
        "resident": "住户", "guest": "访客", "courier": "快递", "passed": "已通过", "not_passed": "未通过",
        "not_opened": "未开门", "failed": "开门失败", "unknown": "不明",
    },
    "en": {
        "title": "Latest passages", "time": "Time", "gate": "Gate", "visitor": "Visitor", "answer": "Answer",
        "reasons": "Reasons", "temperature": "Temperature", "outcome": "Passage", "none": "Nobody has come yet",
        "admit": "Admitted", "refuse": "Refused", "hold": "Held", "resident": "Resident", "guest": "Guest",
        "courier": "Courier", "passed": "Passed", "not_passed": "Did not pass", "not_opened": "Not opened",
        "failed": "Gate failed", "unknown": "Unknown",
    },
    "ja": {
        "title": "最新の通行記録", "time": "時刻", "gate": "ゲート", "visitor": "来訪者", "answer": "判定", "reasons": "理由",
        "temperature": "体温", "outcome": "通行", "none": "記録はまだありません", "admit": "許可", "refuse": "拒否",
        "hold": "確認待ち", "resident": "居住者", "guest": "訪問客", "courier": "配達員", "passed": "通過",
        "not_passed": "通過せず", "not_opened": "開門せず", "failed": "開門失敗", "unknown": "不明",
    },
    "ko": {
        "title": "최근 통행 기록", "time": "시각", "gate": "출입구", "visitor": "방문자", "answer": "판정", "reasons": "사유",
        "temperature": "체온", "outcome": "통행", "none": "아직 기록이 없습니다", "admit": "허용", "refuse": "거부",
        "hold": "확인 대기", "resident": "거주자", "guest": "방문객", "courier": "배달원", "passed": "통과",
        "not_passed": "통과하지 않음", "not_opened": "열지 않음", "failed": "열기 실패", "unknown": "알 수 없음",
    },
}  # fmt: skip

_pages = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True)


def add_pages(app: FastAPI, store: Store) -> None:
    """Add the live page to the application. It renews itself every few seconds and needs no script."""

    @app.get("/", response_class=HTMLResponse)
    def passages(lang: Annotated[str, Query()] = "", accept_language: Annotated[str, Header()] = "") -> HTMLResponse:
        language = _language(lang, accept_language)
        outcomes = {
            str(found.get("admission")): str(found.get("outcome"))
            for found in reversed(store.latest(("gate_outcome",), SHOWN * 2))
        }
        rows = [_row(found, outcomes) for found in store.latest(("decision",), SHOWN)]
        page = _pages.get_template("passages.html").render(
            words=WORDS[language], language=language, languages=WORDS, rows=rows
        )
        return HTMLResponse(page, headers={"Content-Security-Policy": POLICY})


def _row(found: dict[str, Any], outcomes: dict[str, str]) -> dict[str, Any]:
    body_mk = found.get("evidence", {}).get("body_mk")
    return {
        "time": datetime.fromtimestamp(found.get("wall_us", 0) / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "gate": found["device"],
        "visitor": found.get("visitor") or "",
        "answer": found.get("answer", ""),
        "reasons": ", ".join(map(str, found.get("reasons", ()))),
        "temperature": "" if body_mk is None else f"{(body_mk - 273_150) / 1000:.1f} °C",
        "outcome": outcomes.get(f"{found['device']}/{found['log_id']}/{found['seq']}", ""),
    }


def _language(asked: str, accepted: str) -> str:
    for wish in (asked, *accepted.split(",")):
        if (short := wish.strip()[:2].lower()) in WORDS:
            return short
    return "zh"

"""Every moment of a trace is somebody's, and nobody's twice."""

from typing import Any

import pytest

from archc.train.profiling.events import CONTAINERS, Event, of_module, runs, shared_out, spans, typical

NONE = frozenset[str]()


def x(name: str, start: float, duration: float, tid: int = 1, pid: int = 1, **more: Any) -> dict[str, Any]:
    arguments = {"hlo_op": name, "hlo_module": "jit_train_step", **more}
    return {"ph": "X", "pid": pid, "tid": tid, "ts": start, "dur": duration, "name": name, "args": arguments}


def named(kind: str, name: str, pid: int, tid: int = 0) -> dict[str, Any]:
    return {"ph": "M", "pid": pid, "tid": tid, "name": f"{kind}_name", "args": {"name": name}}


def test_one_after_another() -> None:
    times = shared_out([Event("a", 0, 10), Event("b", 10, 30), Event("a", 40, 45)], NONE)
    assert times.by_op == {"a": pytest.approx(15e-6), "b": pytest.approx(20e-6)}
    assert times.idle == pytest.approx(10e-6)
    assert times.whole == pytest.approx(45e-6)


def test_side_by_side_each_has_its_part() -> None:
    times = shared_out([Event("a", 0, 10), Event("b", 4, 10), Event("c", 4, 6)], NONE)
    assert times.by_op == {
        "a": pytest.approx((4 + 2 / 3 + 4 / 2) * 1e-6),
        "b": pytest.approx((2 / 3 + 4 / 2) * 1e-6),
        "c": pytest.approx(2 / 3 * 1e-6),
    }
    assert times.whole == pytest.approx(10e-6)


def test_what_consists_of_others_has_only_what_they_leave() -> None:
    times = shared_out([Event("call.1", 0, 10), Event("a", 2, 5)], frozenset(["call.1"]))
    assert times.by_op == {"call.1": pytest.approx(7e-6), "a": pytest.approx(3e-6)}


def test_nothing_is_lost_until_the_next_begins() -> None:
    assert shared_out([Event("a", 0, 4)], NONE, until=10).idle == pytest.approx(6e-6)
    assert shared_out([], NONE).whole == 0


def test_an_operation_that_other_threads_go_on_with_ends_where_the_trace_says() -> None:
    over = {"ph": "X", "pid": 1, "tid": 2, "ts": 50, "dur": 1, "name": "end: conv", "args": {}}
    again = {**over, "ts": 95}
    trace = {"traceEvents": [x("conv", 10, 5), over, x("conv", 60, 5), again, x("late", 100, 1)]}
    found = spans(trace, of_module(trace, "jit_train_step"))
    assert [(event.op, event.start, event.end) for event in found] == [
        ("conv", 10, 50),
        ("conv", 60, 95),
        ("late", 100, 101),
    ]


def test_an_end_that_belongs_to_a_later_run_is_not_taken() -> None:
    trace = {"traceEvents": [x("a", 0, 5), x("a", 20, 5), {"ph": "X", "ts": 24, "dur": 1, "name": "end: a"}]}
    assert [event.end for event in spans(trace, of_module(trace, "jit_train_step"))] == [5, 25]


def test_only_a_modules_operations_count() -> None:
    other = x("c", 0, 1, hlo_module="jit_other")
    python = {"ph": "X", "pid": 1, "tid": 1, "ts": 0, "dur": 9, "name": "python", "args": {}}
    trace = {"traceEvents": [x("a", 0, 1), other, python]}
    assert [event["name"] for event in of_module(trace, "jit_train_step")] == ["a"]


def test_on_a_gpu_the_streams_count_and_not_the_rows_that_tell_the_same() -> None:
    trace = {
        "traceEvents": [
            named("process", "/device:GPU:0", 7),
            named("process", "/host:CPU", 1),
            named("thread", "Stream #13(Compute)", 7, 1),
            named("thread", "XLA Ops", 7, 2),
            x("fusion", 0, 4, pid=7, tid=1),
            x("fusion", 0, 4, pid=7, tid=2),
            x("fusion", 0, 1),
        ]
    }
    assert [(event["pid"], event["tid"]) for event in of_module(trace, "jit_train_step")] == [(7, 1)]


def test_the_faster_half_of_the_runs_is_taken() -> None:
    lengths = [5.0, 100.0, 4.0, 6.0, 7.0]
    events, now = [], 0.0
    for number, length in enumerate(lengths):
        events.append(Event("a", now, now + length, str(number)))
        now += length + 1  # the host's microsecond between two
    assert [len(run) for run in runs(events)] == [1] * 5
    times, count = typical(events, CONTAINERS)
    # the last isn't followed by any: of the others 4 and 5 are the faster half
    assert count == 2
    assert times.by_op == {"a": pytest.approx(9e-6)}
    assert times.idle == pytest.approx(2e-6)

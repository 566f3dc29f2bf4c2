#!/usr/bin/env python3
# Copyright 2026 The gr-stft authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The alarms that the page of gr_stft monitor --web shows."""
import unittest

from gnuradio.stft.app.page.alarm_board import AlarmBoard


class Alarms(unittest.TestCase):

    def test_each_alarm_has_one_state(self):
        board = AlarmBoard()
        board.take_levels([{"name": "10:1000", "limits": [1, 2], "zone": 1}, {"name": "free", "limits": [], "zone": 0}])
        self.assertEqual([(a["name"], a["raised"]) for a in board.states()], [("10:1000", True)])  # of before a restart
        board.take({"kind": "raise", "name": "order1", "zone": 1, "value": 3.0, "limit": 2.0}, 5.0)
        board.take({"kind": "clear", "name": "10:1000"}, 6.0)
        board.take({"kind": "sensor dead", "state": "begin"}, 7.0)
        board.take({"kind": "sensor not finite", "state": "begin"}, 7.0)
        board.take({"kind": "output", "state": "begin", "output": "mqtt", "reason": "refused"}, 8.0)
        board.take({"kind": "no data", "name": "order1"}, 9.0)
        board.take({"kind": "raise", "name": "order1", "of": "baseline", "value": 4.0, "limit": 3.0, "measured": 0.7, "expected": 0.5,
                    "unit": "mm/s", "speed": 25.0}, 9.0)
        words = {a["name"]: a["words"] for a in board.states()}
        self.assertEqual((words["baseline order1"], words["order1"]),
                         ("measured 0.7 mm/s, expected 0.5 mm/s, 4 σ over 3 σ, at 25 Hz", "3 over 2"))
        board.take({"kind": "burst", "state": "end"}, 9.0)
        self.assertEqual([a["name"] for a in board.states() if a["raised"]],
                         ["baseline order1", "order1", "order1 without data", "output mqtt", "sensor dead", "sensor not finite"])
        board.take({"kind": "sensor dead", "state": "end"}, 10.0)
        board.take({"kind": "sensor not finite", "state": "end"}, 10.0)
        board.take({"kind": "output", "state": "end", "output": "mqtt"}, 10.0)
        board.take({"kind": "data", "name": "order1"}, 10.0)
        self.assertEqual([a["name"] for a in board.states() if a["raised"]], ["baseline order1", "order1"])


if __name__ == "__main__":
    unittest.main()

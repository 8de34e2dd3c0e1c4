#!/usr/bin/env python3
"""
Half a megabyte of any bytes on standard input, as fast as the pipe takes them, reach
the guest complete and in order. A slow build gets fewer.
"""

import hashlib
import random
import re
import threading
import unittest

import guest

SIZE = 512 << 10 if guest.SLOW == 1 else 64 << 10


class Input(unittest.TestCase):
    def test_much_input(self):
        data = random.Random(64).randbytes(SIZE)
        with guest.Linux("-m", "128M", "-serial", "stdio", "-monitor", "none", piped=True) as linux:
            linux.boot()
            linux.send(f"stty raw -echo; echo go; head -c {SIZE} | sha256sum; stty sane\n")
            linux.expect(rb"sane\r*\n")
            linux.expect(rb"go\r*\n")
            feeder = threading.Thread(target=linux.send, args=(data,), daemon=True)
            feeder.start()
            digest = linux.expect(rb"([0-9a-f]{64})", guest.PATIENCE * 5)[1].decode()
            feeder.join()
            self.assertEqual(digest, hashlib.sha256(data).hexdigest())
            linux.expect(guest.PROMPT)
            linux.send("poweroff -f\n")
            self.assertEqual(linux.wait(), 0)
            # Not a character of it was lost to the line discipline, nor one overrun.
            self.assertFalse(re.search(rb"overrun", linux.said))


if __name__ == "__main__":
    guest.main(guest.KERNEL, guest.INITRD)

"""
What is made of the benchmark's samples: a row of figures for each case, and of the
rows a table, JSON, and a bar chart.
"""

import json
import math
import os
import platform
import subprocess
from xml.sax.saxutils import escape


def spread(values, median):
    """Median, least and greatest."""
    return {"median": median(values), "min": min(values), "max": max(values)}


def ratios(result, what, median):
    """By pairs: how many times as fast as QEMU we are, by WHAT."""
    pairs = zip(result.ours, result.qemu)
    return spread([getattr(q, what) / getattr(o, what) for o, q in pairs], median)


def row(result, median):
    """The figures of one case; times in seconds, memory in MiB, ratios to QEMU's speed."""
    figures = {"case": result.case.name, "what": result.case.what,
               "instructions": result.instructions, "checksum": result.ours[0].checksum}
    for who in ("ours", "qemu"):
        samples = getattr(result, who)
        if samples:
            figures[who] = {"wall": spread([s.wall for s in samples], median),
                            "cpu": spread([s.cpu for s in samples], median),
                            "peak_mib": max(s.peak_kib for s in samples) / 1024}
    figures["mips"] = result.instructions / figures["ours"]["cpu"]["median"] / 1e6
    if result.qemu:
        figures["speed"] = ratios(result, "wall", median)
        figures["speed_cpu"] = ratios(result, "cpu", median)
    return figures


HEADER = (f"{'':14} {'mini-a64, s':>14} {'QEMU, s':>14}   {'speed, QEMU = 1':^27}"
          f" {'instr.':>8} {'MIPS':>5} {'peak, MiB':>10}\n"
          f"{'case':14} {'wall':>7}{'cpu':>7} {'wall':>7}{'cpu':>7}   {'wall (least to most)':>20}"
          f" {'cpu':>5}  {'M':>8} {'':>5} {'ours':>5}{'QEMU':>5}")


def table(rows):
    """For people."""
    lines = [HEADER]
    for r in rows:
        o, q, s = r["ours"], r["qemu"], r["speed"]
        lines.append(
            f"{r['case']:14} {o['wall']['median']:7.3f}{o['cpu']['median']:7.3f} "
            f"{q['wall']['median']:7.3f}{q['cpu']['median']:7.3f}   "
            f"{s['median']:6.2f} ({s['min']:.2f} to {s['max']:.2f}) "
            f"{r['speed_cpu']['median']:5.2f}  {r['instructions'] / 1e6:8.1f} {r['mips']:5.0f} "
            f"{o['peak_mib']:5.0f}{q['peak_mib']:5.0f}")
    return "\n".join(lines)


def growth_table(rows):
    """Our own figures: what counts is the last column."""
    lines = [f"{'case':24} {'wall, s':>8} {'cpu, s':>8} {'M instr.':>9} {'peak, MiB':>9} "
             f"{'ns each':>8}"]
    for r in rows:
        o = r["ours"]
        each = o["cpu"]["median"] / max(r["instructions"], 1) * 1e9
        lines.append(f"{r['case']:24} {o['wall']['median']:8.3f} {o['cpu']['median']:8.3f} "
                     f"{r['instructions'] / 1e6:9.1f} {o['peak_mib']:9.0f} {each:8.2f}")
    return "\n".join(lines)


def processor():
    """The host's processor by name."""
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
            for line in f:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.machine()


def version(command):
    """The first line of what COMMAND says."""
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return said.splitlines()[0] if said else ""


def chart(rows, title):
    """An SVG of one bar per case, on a logarithmic scale with QEMU's speed at 1."""
    left, width, bar, low, high = 130, 520, 22, -3, 4  # 1/8 to 16 times
    height = bar * len(rows) + 70

    def at(log2):
        return left + (min(max(log2, low), high) - low) / (high - low) * width

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 70}" '
           f'height="{height}" font-family="sans-serif" font-size="12">',
           f'<text x="{left}" y="18" font-size="14">{escape(title)}</text>']
    for tick in range(low, high + 1):
        label = f"1/{2 ** -tick}" if tick < 0 else str(2 ** tick)
        out.append(f'<line x1="{at(tick):.1f}" x2="{at(tick):.1f}" y1="30" y2="{height - 30}" '
                   f'stroke="{"#000" if tick == 0 else "#ddd"}"/>'
                   f'<text x="{at(tick):.1f}" y="{height - 14}" '
                   f'text-anchor="middle">{label}</text>')
    for i, r in enumerate(rows):
        s, y = r["speed"], 34 + bar * i
        start, end = sorted((at(0), at(math.log2(s["median"]))))
        color = "#2a7" if s["median"] >= 1 else "#59c"
        middle = y + (bar - 6) / 2
        out.append(f'<text x="{left - 6}" y="{y + 12}" text-anchor="end">{escape(r["case"])}</text>'
                   f'<rect x="{start:.1f}" y="{y}" width="{max(end - start, 1):.1f}" '
                   f'height="{bar - 6}" fill="{color}"/>'
                   f'<line x1="{at(math.log2(s["min"])):.1f}" x2="{at(math.log2(s["max"])):.1f}" '
                   f'y1="{middle}" y2="{middle}" stroke="#333"/>'
                   f'<text x="{left + width + 8}" y="{y + 12}">{s["median"]:.2f}</text>')
    return "\n".join([*out, "</svg>", ""])


def write(args, rows):
    """bench.json and, when there is something to compare, bench.svg."""
    head = {
        "host": processor(),
        "mini_a64": version([args.mini_a64, "-version"]),
        "qemu": version(["qemu-system-aarch64", "-version"]),
        "kernel": os.path.basename(args.kernel),
        "pairs": args.pairs,
        "load": os.getloadavg(),
    }
    with open(os.path.join(args.out, "bench.json"), "w", encoding="ascii") as f:
        json.dump({**head, "cases": rows}, f, indent=1)
        f.write("\n")
    if not args.growth:
        with open(os.path.join(args.out, "bench.svg"), "w", encoding="utf-8") as f:
            f.write(chart(rows, f"mini-a64, times as fast as QEMU ({head['host']})"))

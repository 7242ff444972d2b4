# SPDX-License-Identifier: GPL-3.0-or-later
# What the fields say of kernels, against files that kernels wrote.

@test "each label is in the files of the kernels that are said to have it, and in no older one's" {
  python3 - <<'PY'
import json, os, re, subprocess

# In these only with a processor, a configuration or a module that the saved machines had not all of.
OPTIONAL = {"high_total", "high_free", "low_total", "low_free", "mmap_copy", "shadow_call_stack", "hardware_corrupted",
            "cma_total", "cma_free", "direct_map64k", "direct_map1m", "direct_map4m", "direct_map2g", "zswap", "zswapped",
            "protection_key", "unaccepted"}
FILES = ("status", "smaps", "smaps_rollup", "meminfo")
CODE = 2  # letters of one of VmFlags, which is no label

def version(text):
    return [int(part) for part in re.findall(r"\d+", text)]

out = subprocess.run([os.environ["MEMSH"], "--fields=json"], check=True, capture_output=True).stdout
fields = [field for field in json.loads(out) if field.get("file") in FILES and len(field.get("label", "")) > CODE]
wrong, count = [], 0
for kernel in ("5.10", "6.1", "6.18", "7.3"):
    root = f"{os.environ['MEMSH_FIXTURES']}/kernels/{kernel}"
    with open(root + "/zoo") as lines:
        pid = re.search(r"^(?:# )?pid (\d+)", lines.read(), re.M).group(1)
    for field in fields:
        path = f"{root}/meminfo" if field["file"] == "meminfo" else f"{root}/{pid}/{field['file']}"
        with open(path, errors="replace") as file:
            here = re.search("^" + re.escape(field["label"]) + ":", file.read(), re.M) is not None
        said = version(field["since"]) <= version(kernel) <= version(field.get("till", "99"))
        count += 1
        if here != said and not (said and field["name"] in OPTIONAL):
            wrong.append((kernel, field["kind"], field["name"], field["since"], here))
assert not wrong and count > 300, (count, wrong)
PY
}

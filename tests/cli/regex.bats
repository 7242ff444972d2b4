# SPDX-License-Identifier: GPL-3.0-or-later
# Regular expressions, against Python's of processes that are known and of random texts.
# shellcheck disable=SC2154 # bash sets NAME_PID of a coproc
# beside others
load ../helpers/helpers

@test "processes are found by regular expressions" {
  cat >"$BATS_TEST_TMPDIR/named.py" <<'END'
import ctypes, os, signal, sys
def child(name):
    pid = os.fork()
    if pid == 0:
        ctypes.CDLL(None).prctl(15, name.encode(), 0, 0, 0)
        ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)
        os.write(ready, b"x")
        signal.pause()
    return pid
done, ready = os.pipe()
print(*[child(name) for name in sys.argv[1:]], sep=",")
for _ in sys.argv[1:]:
    os.read(done, 1)
print(flush=True)
signal.pause()
END
  coproc named { exec python3 "$BATS_TEST_TMPDIR/named.py" cache-warmer py-node baab x%d 3>&-; }
  read -r -u "${named[0]}" pids
  read -r -u "${named[0]}" _
  own="procs{pid={$pids}}"
  run "$MEMSH" -e "for _, condition in ipairs {
    [[comm =~ 'cache-warmer']], [[comm =~ '(node|warmer)\$']], [[comm =~ 'a{2}']], [[comm =~ '(?i)^CACHE']],
    [[comm !~ '^[a-z]+-\\w+\$']], [[comm =~ '%d']] } do
    local names = {}
    for _, p in ipairs($own:where(condition):sort'comm':rows()) do names[#names + 1] = p.comm end
    print(table.concat(names, ' '))
  end"
  kill "$named_PID"
  echo "$output"
  [ "$status" = 0 ]
  [ "$(grep -v '^memsh: ' <<<"$output")" = "$(printf '%s\n' cache-warmer 'cache-warmer py-node' baab cache-warmer 'baab x%d' x%d)" ]
  grep -qF "memsh: '%d' in a pattern is these two characters: regular expressions write \\d, not %d" <<<"$output"
}

@test "random patterns match what Python's re finds" {
  cat >"$BATS_TEST_TMPDIR/pairs.py" <<'END'
import random, re, sys
random.seed(7)
pieces = ["a", "b", "c", ".", r"\d", r"\w", r"\s", r"\b", "[ab]", "[^ab]", "[a-c1]", "a*", "b+", "c?", "a{2}", "b{1,2}",
          ".*", ".*?", "(a|b)", "(?:ab)+", "(a)(b)?", "|", "(?i:A)", "(?=b)", "(?<=a)", "(?!c)", "ä", "[ä-ö]", r"\.", r"\x41",
          "^", "(?:a|)*"]
letters = ["a", "b", "c", "A", "1", " ", ".", "-", "ä", "ö", "\n", "ab"]
made = matched = 0
while made < 6000:
    pattern = "".join(random.choice(pieces) for _ in range(random.randint(1, 6)))
    # Python's $ is also before a line break at the end; \Z is not.
    anchored = random.random() < 0.2
    text = "".join(random.choice(letters) for _ in range(random.choice([3, 8, 8, 300])))
    try:
        found = re.search("(?a:" + pattern + ")" + (r"\Z" if anchored else ""), text) is not None
        if re.search(r"\(\?i:", pattern) and re.search("[äö]", pattern): continue
    except re.error:
        continue
    pattern = "(?:" + pattern + ")" + ("$" if anchored else "")
    made += 1
    matched += found
    print(pattern.encode().hex(), text.encode().hex() or "-", int(found))
print(made, matched, file=sys.stderr)
END
  python3 "$BATS_TEST_TMPDIR/pairs.py" >"$BATS_TEST_TMPDIR/pairs"
  run "$MEMSH" -e "local core, n = require 'memsh.core', 0
    local function bytes(hex) return (hex:gsub('%x%x', function(two) return string.char(tonumber(two, 16)) end)) end
    for line in io.lines '$BATS_TEST_TMPDIR/pairs' do
      local pattern, text, found = line:match '^(%S+) (%S+) (%d)\$'
      pattern, text, n = bytes(pattern), text == '-' and '' or bytes(text), n + 1
      local regex = assert(core.regex(pattern))
      for i = 1, 2 do
        if regex(text) ~= (found == '1') then print(('%q in %q: not %s'):format(pattern, text, found)) end
        regex(('x'):rep(1100))
      end
    end
    print(n)"
  echo "$output"
  [ "$output" = 6000 ]
}

@test "a pattern that would take for ever ends with a mark, by rows and in blocks" {
  long=$(printf 'a%.0s' {1..3000})
  coproc hostile { exec python3 -c 'import time; print(flush=True); time.sleep(300)' "${long}b" 3>&-; }
  read -r -u "${hostile[0]}" _
  run "$MEMSH" -e "print(procs{pid=$hostile_PID}:where[[cmdline =~ '(a+)+\$']]:count())" \
    -e "print(procs{pid=$hostile_PID}:set():where[[cmdline !~ '(a+)+\$']]:count())" \
    -e "print(procs{pid=$hostile_PID}:where[[cmdline =~ 'a+b\$']]:count())"
  kill "$hostile_PID"
  echo "$output"
  grep -qF "'(a+)+\$' takes too long on some texts: whether they match is unknown (budget)" <<<"$output"
  grep -q 'budget' <<<"$output"
  [ "$(grep -cE '^0' <<<"$output")" = 2 ]
  [ "$(grep -cE '^1' <<<"$output")" = 1 ]
}

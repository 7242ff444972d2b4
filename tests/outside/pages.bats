# SPDX-License-Identifier: GPL-3.0-or-later
# The pages in a browser: on a phone, a laptop and a desk, in the light, in the dark and on paper; judged by axe-core and
# by two validators. MEMSH_NPM, if set, is a directory that has the packages of npm already.

load ../helpers/recordings

packages="playwright-core@1 axe-core@4 html-validate@10 vnu-jar@26"

setup_file() {
  local tool
  for tool in node npm; do command -v $tool >/dev/null || skip "$tool is missing (Debian: nodejs, npm)"; done
  export NODE_PATH=${MEMSH_NPM:-$BATS_FILE_TMPDIR}/node_modules
  if [ ! -d "$NODE_PATH" ]; then
    # shellcheck disable=SC2086
    (cd "$BATS_FILE_TMPDIR" && npm install --no-save --no-audit --no-fund --ignore-scripts $packages >npm.log 2>&1) ||
      skip "npm cannot install $packages here"
  fi
  cd "$BATS_FILE_TMPDIR" || return
  local reports=$MEMSH_ROOT/scripts
  "$MEMSH" --reports "$reports" -o live.html picture
  "$MEMSH" --reports "$reports" -s "$MEMSH_FIXTURES/full" -o picture.html picture
  "$MEMSH" --reports "$reports" -s "$MEMSH_FIXTURES/denied" -o denied.html picture
  "$MEMSH" --reports "$reports" -s "$MEMSH_FIXTURES/full" -o doctor.html doctor --html
  "$MEMSH" --reports "$reports" -s "$MEMSH_FIXTURES/full" -o process.html doctor --html 1107
  "$MEMSH" --reports "$reports" -s "$MEMSH_FIXTURES/full" -o bug.html bugreport --html 1107
  "$MEMSH" --reports "$reports" -o timeline.html timeline --html "$(grown_recording "$BATS_FILE_TMPDIR")"
  "$MEMSH" --reports "$reports" -s "$MEMSH_FIXTURES/full" -o redacted.html bugreport --html --redact 901
}

setup() { cd "$BATS_FILE_TMPDIR" || return; }

@test "Chromium: three sizes, light, dark, paper; no request; axe-core finds nothing" {
  [ -x /usr/bin/chromium ] || skip "chromium is missing (Debian: chromium)"
  HOME=$BATS_TEST_TMPDIR timeout 280 node "$MEMSH_TESTS/outside/pages.js" "$PWD"/{picture,doctor,bug,timeline}.html >said ||
    { cat said && false; }
  pages=$(LC_ALL=C grep -ac '/Type */Page\b' picture.html.pdf)
  [ "$pages" -ge 1 ]
  [ "$pages" -le 8 ]
}

@test "html-validate finds nothing" {
  node "$NODE_PATH/html-validate/bin/html-validate.mjs" ./*.html
}

@test "the Nu HTML checker finds nothing" {
  command -v java >/dev/null || skip "java is missing (Debian: default-jre-headless)"
  java -jar "$NODE_PATH/vnu-jar/build/dist/vnu.jar" ./*.html
}

# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Completion for bash. What may stand where, memsh itself says.

# The words behind the command, up to the cursor, in `words`: bash cuts them at every '='.
_memsh_words() {
  local word i
  words=()
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ ${#words[@]} -gt 0 && ($word == = || ${words[-1]} == --*=) ]]; then
      words[-1]+=$word
    else
      words+=("$word")
    fi
  done
  [[ ${#words[@]} -gt 0 ]] || words=("")
}

# Words with what each means, a line each (more than half as wide as the screen): only where they are listed, not put
# into the line.
_memsh_list() {
  local i word about widest=0
  for word in "${found[@]}"; do ((${#word} > widest)) && widest=${#word}; done
  for i in "${!found[@]}"; do
    about=${abouts[i]}
    printf -v word '%-*s  %s' "$widest" "${found[i]}" "${about:+($about)}"
    printf -v word '%-*s' $((COLUMNS / 2 + 1)) "$word"
    found[i]=${word:0:COLUMNS - 1}
  done
}

_memsh() {
  local words found=() abouts=() line last
  COMPREPLY=()
  _memsh_words
  last=${words[-1]}
  while IFS= read -r line; do
    case $line in
      $'\tfiles')
        compopt -o filenames
        mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$last")
        ;;
      $'\tfiles lua')
        mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -X '!*.lua' -- "$last" && compgen -d -S / -- "$last")
        ;;
      $'\tdirectories')
        compopt -o filenames
        mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$last")
        ;;
      *)
        found+=("${line%%$'\t'*}")
        [[ $line == *$'\t'* ]] && abouts[${#found[@]} - 1]=${line#*$'\t'}
        ;;
    esac
  done < <("${1:-memsh}" --complete -- "${words[@]}" 2>/dev/null)
  [[ $last != *=* ]] || found=("${found[@]#"${last%%=*}="}")
  [[ ${COMP_TYPE:-0} != 63 || ${#found[@]} -lt 2 || ${#abouts[@]} == 0 ]] || _memsh_list
  COMPREPLY+=("${found[@]}")
  [[ ${#COMPREPLY[@]} != 1 || ${COMPREPLY[0]} != */ ]] || compopt -o nospace
}

complete -o nosort -F _memsh memsh

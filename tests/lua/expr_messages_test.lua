-- SPDX-License-Identifier: GPL-3.0-or-later
-- The answer to each usual slip, word for word.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local sample = dofile(os.getenv "MEMSH_TESTS" .. "/lua/sample.lua")
local expr = require "memsh.expr.expr"

-- Each begins with the message, and its second line is the expression.
local MESSAGES = [=[
unknown field 'swpa' of processes
  swpa > 0
  ^^^^
  hint: did you mean 'swap'?

'=' is assignment
  user = 'root'
       ^
  hint: use '==' to compare

bad number '10MB'
  rss > 10MB
        ^^^^
  hint: sizes use K M G T, e.g. 10M

bad number '10k'
  rss > 10k
        ^^^
  hint: sizes use K M G T, e.g. 10K

bad number '1..2'
  rss > 1..2
        ^^^^
  hint: numbers are 42, 1.5, 0xff; sizes 64K 1.5G; ages 30s 5m 2h 7d

'&&' is not an operator here
  rss > 1M && swap > 0
           ^^
  hint: use 'and'

'||' is not an operator here
  rss > 1M || swap > 0
           ^^
  hint: use 'or'

'!' is not an operator here
  rss > 1M and !deleted
               ^
  hint: use 'not'

'=>' is not an operator here
  rss => 5
      ^^
  hint: use '>='

'=<' is not an operator here
  rss =< 5
      ^^
  hint: use '<='

'<>' is not an operator here
  rss <> 5
      ^^
  hint: use '~=' or '!='

'===' is not an operator here
  rss === 5
      ^^^
  hint: use '=='

'^' is not an operator here
  rss ^ 2
      ^
  hint: multiply, or use sizes such as 64K

'?' is not an operator here
  rss > 5 ? 1 : 2
          ^
  hint: use if(condition, a, b)

'#' is not an operator here
  #comm
  ^
  hint: use len(x)

'[' is not an operator here
  argv[1]
      ^
  hint: has(list, 'item') looks into a list

':' is not an operator here
  comm:lower() == 'x'
      ^
  hint: functions come first: lower(comm)

':' is not an operator here
  comm:find('x')
      ^
  hint: functions come first: has(comm, 'part')

5m is a time, and rss is not
  rss > 5m
        ^^
  hint: a size is written with a capital letter: 5M

5m is a time, and rss + swap is not
  rss + swap > 5m
               ^^
  hint: a size is written with a capital letter: 5M

2h is a time, and pid is not
  2h < pid
  ^^

1h is a span, and start_time is a moment
  start_time > 1h
               ^^
  hint: the moment that long ago is written '-1h'

comparisons do not chain
  1 < rss < 5
          ^
  hint: write 1 < rss and rss < 5

comparisons do not chain
  1 < rss < (5)
          ^
  hint: compare two and two: a < b and b < c

'nil' is no value here
  pss == nil
         ^^^
  hint: ask not known(pss)

'nil' is no value here
  pss ~= nil
         ^^^
  hint: ask known(pss)

'nil' is no value here
  nil == pss
  ^^^
  hint: ask known(x), or not known(x)

'NULL' is no value here
  comm == NULL
          ^^^^
  hint: ask known(x), or not known(x)

'like' is not an operator here
  comm like 'a%'
       ^^^^
  hint: use glob(comm, 'a*') or comm =~ 'pattern'

'is' is not an operator here
  comm is null
       ^^
  hint: ask known(comm), or not known(comm)

'BETWEEN' is not an operator here
  rss BETWEEN 1 AND 5
      ^^^^^^^
  hint: use rss >= 1 and rss <= 5

'in' is not an operator here
  user in ('root')
       ^^
  hint: write user == 'root'

'in' is not an operator here
  user in ('a', 'b') and rss > 5
       ^^
  hint: write (user == 'a' or user == 'b')

'in' is not an operator here
  user not in ('a', 'b')
           ^^
  hint: write not (user == 'a' or user == 'b')

'in' is not an operator here
  pid in list
      ^^
  hint: write (pid == 'a' or pid == 'b')

a pattern is a text in quotes
  comm =~ ^py and rss > 5
          ^^^
  hint: write '^py'

a pattern is a text in quotes
  comm =~ py*
          ^^^
  hint: write '^py', or glob(comm, 'py*')

a pattern is a text in quotes
  (comm !~ *py)
           ^^^
  hint: write not glob(comm, '*py')

a pattern is a text in quotes
  comm =~ py.*
          ^^^^
  hint: write 'py.*'

a pattern is a text in quotes
  comm !~ /py[23]/
          ^^^^^^^^
  hint: write 'py[23]'

':' is not an operator here
  start_time > 9:00
                ^
  hint: a time is a text in quotes: '09:00'

bad number '9am'
  start_time > 9am
               ^^^
  hint: a time is a text in quotes: '09:00'

bad number '10min'
  start_time > -10min
                ^^^^^
  hint: a span is written 10m, the moment that long ago '-10m'

unexpected 'minutes'
  start_time > 10 minutes ago
                  ^^^^^^^
  hint: a span is written 10m, the moment that long ago '-10m'

'noon' is not a time
  start_time > 'noon'
               ^^^^^^
  hint: write '09:10', '2026-11-26 03:14', 'yesterday 18:00' or '-2h'

age is a number and '10m' is text
  age < '10m'
      ^
  hint: age is a number of seconds, written 30s, 5m, 2h, 7d: write age < 10m

age is a number and '2 hours' is text
  age > '2 hours'
      ^
  hint: age is a number of seconds, written 30s, 5m, 2h, 7d: write age > 2h

rss is a number and '10M' is text
  rss > '10M'
      ^
  hint: rss is a number of bytes, written 64K, 10M, 1.5G: write rss > 10M

rss is a number and comm is text
  rss > comm
      ^
  hint: rss is a number of bytes, written 64K, 10M, 1.5G

pid is a number and comm is text
  pid == comm
      ^^
  hint: numbers are compared with numbers, text with text

unknown field 'nlwp' of processes
  nlwp > 5
  ^^^^
  hint: did you mean 'threads'?

unknown field 'RSS' of processes
  RSS > 5
  ^^^
  hint: did you mean 'rss'?

unknown field 'USED' of processes
  USED > 5
  ^^^^
  hint: did you mean 'res + swap'?

'mem_total' is a field of the machine, not of processes
  rss > mem_total / 2
        ^^^^^^^^^
  hint: write sys.mem_total

unexpected 'order'
  rss > 1M order by rss
           ^^^^^
  hint: a question is a chain, as in procs:where"swap > 0":show"pid comm swap":top(10)

unknown field 'started' of processes
  started > 5
  ^^^^^^^
  hint: did you mean 'start_time'?

'AND' is not an operator here
  rss > 1M AND swap > 0
           ^^^
  hint: use 'and', in small letters

'NOT' is not an operator here
  NOT deleted
  ^^^
  hint: use 'not', in small letters

unknown field 'True' of processes
  deleted == True
             ^^^^
  hint: words of the language are written in small letters

unknown field 'p.swap' of processes
  p.swap > 0
  ^^^^^^
  hint: the row goes without saying: 'swap'

'path' is a field of mappings, not of processes
  path == '/bin/sh'
  ^^^^
  hint: processes have 'exe'

'inode' is a field of mappings, not of processes
  inode > 5
  ^^^^^
  hint: mappings have it: maps:show"pid comm inode"

comm is text and 5 is a number
  comm > 5
       ^
  hint: text is written in quotes: '5'

pid is a number and '12' is text
  pid == '12'
      ^^
  hint: a number is written without quotes

deleted is a condition and 1 is a number
  deleted == 1
          ^^
  hint: it is true or false by itself: leave the comparison out

'<' orders numbers and text, and deleted is a condition
  deleted < true
          ^

lists are not compared, and argv is a list
  argv == 'x'
       ^^
  hint: look into it, e.g. has(argv, 'item')

'and' needs a condition, and user is text
  user and rss > 5
  ^^^^
  hint: compare it, e.g. user == 'root'

'or' needs a condition, and swap is a number
  rss > 5 or swap
             ^^^^
  hint: compare it, e.g. swap ~= 0

'not' needs a condition, and comm is text
  not comm == 'x'
      ^^^^
  hint: it binds tighter than comparisons: not (comm == ...)

'+' needs numbers, and comm is text
  rss + comm
        ^^^^
  hint: '..' joins text

'-' needs numbers, and comm is text
  -comm
   ^^^^

'..' joins text and numbers, and deleted is a condition
  comm .. deleted
          ^^^^^^^

'*' makes no sense with an address
  addr * 2
       ^
  hint: addr is one; addresses take +, -, // and %, and comparisons

'-' makes no sense with an address
  5 - addr
    ^
  hint: addr is one; addresses take +, -, // and %, and comparisons

'=~' needs text, and pid is a number
  pid =~ '12'
  ^^^

'=~' needs text, and 5 is a number
  comm =~ 5
          ^
  hint: a pattern is written in quotes: name =~ 'nginx'

'!~' needs text, and pid is a number
  pid !~ '12'
  ^^^

malformed pattern: missing terminating ] for character class
  comm =~ '[a'
             ^
  hint: a backslash takes the next character as it is: \. \[ \(

malformed pattern: unmatched closing parenthesis
  comm !~ '\x41a)b'
                ^
  hint: a backslash takes the next character as it is: \. \[ \(

malformed pattern: missing closing parenthesis
  match(comm, '(%d+') and pid > 1
                   ^
  hint: regular expressions write \d, not %d

malformed glob: missing ']'
  glob(comm, 'a[')
               ^

unknown function 'haz'
  haz(comm, 'x')
  ^^^
  hint: did you mean 'has'?

unknown function 'foo'
  foo(comm, 'x')
  ^^^
  hint: there are G K M T abs basename dirname ends floor glob has if known len lower match max min starts upper why

unknown function 'contains'
  contains(comm, 'x')
  ^^^^^^^^
  hint: did you mean 'has'?

unknown function 'comm.startswith'
  comm.startswith('x')
  ^^^^^^^^^^^^^^^
  hint: functions come first: starts(comm, ...)

':' is not an operator here
  comm:endswith('x')
      ^
  hint: functions come first: ends(comm, ...)

unknown function 'now'
  start_time > now() - 3600
               ^^^
  hint: a time is a text, '-1h' an hour ago: start_time > '-1h'; age is in seconds: age < 1h

unknown function 'sum'
  sum(rss) > 1G
  ^^^
  hint: sum is a verb, as in procs:sum"swap"

'rss' is a field, not a function
  rss(5) > 1
  ^^^
  hint: write it without the parentheses

'has' is a function
  has comm
  ^^^
  hint: write has(text, part)

too few arguments for 'has'
  has(comm)
  ^^^
  hint: write has(text, part)

too many arguments for 'if'
  if(deleted, 1, 2, 3)
  ^^
  hint: write if(condition, a, b)

'starts' needs text, and argv is a list
  starts(argv, 'x')
         ^^^^
  hint: has(argv, 'item') looks into a list

'has' needs text, and 5 is a number
  has(comm, 5)
            ^
  hint: text is written in quotes: '5'

the two values of 'if' differ: 1 is a number, 'x' is text
  if(deleted, 1, 'x')
                 ^^^

this string has no end
  comm == 'abc and rss > 5
          ^^^^^^^^^^^^^^^^
  hint: close it with '

unknown escape '\dbc'
  comm == 'a\dbc'
            ^^
  hint: write \\ for one backslash; only patterns, after =~ and !~, take it as it is

unknown escape '\256'
  comm == '\256'
           ^^
  hint: write \\ for one backslash; only patterns, after =~ and !~, take it as it is

something is missing after '+'
  rss +
       ^

this '(' has no ')'
  (rss > 5
  ^

')' without '('
  rss > 5)
         ^

unexpected 'pid'
  rss pid
      ^^^
  hint: an operator is missing in front of it

unexpected 'M'
  rss > 100 M
            ^
  hint: a size is written without a blank: 100M

something is missing after '%'
  mem_percent > 10%
                   ^
  hint: '%' is the rest of a division; a percentage is a plain number: mem_percent > 10

'=~' needs text, and argv is a list
  argv =~ 'x'
  ^^^^
  hint: has(argv, 'item') looks into a list

unexpected 'and'
  and rss
  ^^^
  hint: a value is missing in front of it

unexpected '>'
  rss > > 5
        ^
  hint: a value is missing between '>' and '>'

unexpected ','
  rss > 5, swap > 3
         ^
  hint: one expression goes here; join conditions with 'and'

unexpected '@'
  @rss
  ^

'function' is not part of expressions
  function(p) return p.rss end
  ^^^^^^^^
  hint: hand over a function itself: where(function(p) return ... end)

'return' is not part of expressions
  return rss
  ^^^^^^

'99999999999' is too large
  rss > 99999999999T
        ^^^^^^^^^^^^

malformed pattern: regular expression is too large
  comm =~ '(?:(?:a{60000}){60000})'
                                  ^
]=]

for wanted in (MESSAGES .. "\n"):gmatch "(.-)\n\n" do
  local text = wanted:match "\n  ([^\n]*)"
  t.test(text, function()
    local ok, problem = pcall(expr.compile, text, sample.slow)
    t.ok(not ok, "it is refused")
    t.eq(problem, wanted)
  end)
end

t.finish()

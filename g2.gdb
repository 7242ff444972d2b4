set pagination off
set breakpoint pending on
set environment LD_PRELOAD /tmp/h/oom-c/failing.so
set environment FAIL_AT 45
set environment FAIL_NOT_LUA 1
set environment HOME /tmp/h/oom-c
break fails if until_failure == 0 && ((unsigned long)caller < lua_start || (unsigned long)caller >= lua_end)
run -s /work/wt-mend-c/tests/fixtures/full --reports /work/wt-mend-c/scripts --watch 1 --count 1 -e procs:top\(2\) > /tmp/h/oom-c/bt.out 2>&1
bt 14

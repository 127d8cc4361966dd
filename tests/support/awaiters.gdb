# The chain of coroutines that await each other, for gdb: what a backtrace is among plain functions.
#
#     gdb -x tests/support/awaiters.gdb PROGRAM
#     (gdb) awaiters frame_ptr
#
# It prints the coroutine of a frame, then the one that awaits its task, and so on. A line that names another
# function than CoroutineRunnable::resume ends the chain: a Gate holds the task, or another core awaits it.
#
# GCC lays a frame out as resume function, destroy function, promise; the promise of a Task begins with the
# waiter (io/task.h), and the waiter of a coroutine has the handle behind run_, next_ and share_ (io/runnable.h).
define awaiters
  set $frame = (char *)$arg0
  while $frame != 0
    info symbol *(void **)$frame
    set $waiter = *(char **)($frame + 16)
    set $frame = (char *)0
    if $waiter != 0
      if *(void **)$waiter == (void *)&'sluice::io::CoroutineRunnable::resume'
        set $frame = *(char **)($waiter + 24)
      else
        info symbol *(void **)$waiter
      end
    end
  end
end
document awaiters
Print the coroutines that await each other, from a frame (frame_ptr in a coroutine) outwards.
end

// SPDX-License-Identifier: GPL-3.0-or-later
// A process that hangs with its address space locked. Its file lies on a filesystem that the test freezes
// before it sends SIGUSR1: then one thread writes to a page of it, and waits with that mapping locked; the
// other one unmaps it, and waits for the first with everything locked.
#include "helper.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>

static char *page;
static size_t page_size;

static void *write_page(void *argument)
{
    *(volatile char *)page = 1;
    return argument;
}

static void *unmap_page(void *argument)
{
    usleep(300000); // the writer goes first
    munmap(page, page_size);
    return argument;
}

int main(int argc, char **argv)
{
    pthread_t threads[2];
    sigset_t wanted;
    int signal_number;
    if (argc != 2)
        return 2;
    page_size = (size_t)sysconf(_SC_PAGESIZE);
    const int fd = open(argv[1], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, (off_t)page_size) || write(fd, "x", 1) != 1 || fsync(fd))
        fail(argv[1]);
    page = mmap(NULL, page_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED)
        fail("mmap");
    if (*(volatile char *)page != 'x') // it is there, and clean
        fail("read");
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &wanted, NULL);
    say_ready();
    alarm(LIFE_SECONDS);
    sigwait(&wanted, &signal_number);
    pthread_create(&threads[0], NULL, write_page, NULL);
    pthread_create(&threads[1], NULL, unmap_page, NULL);
    stay();
}

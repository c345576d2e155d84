/* Preloaded into a process (LD_PRELOAD): one write or one fsync of a file under FAULT_DIR fails.
 *
 * FAULT is "fsync" or "write", FAULT_AT counts those calls from 1, FAULT_ERRNO is the number of the error. A write that
 * fails writes half of its bytes first, as a disk that fills up does. What a failed fsync leaves behind reads back as
 * written and is not on the disk: its ranges are listed in FAULT_LOG ("path from to", one a line) until they are written
 * again, and whoever plays the crash afterwards has to zero them.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FILES = 256, PATH = 1024 };

/* The bytes of a file that were written since its last fsync, or that a failed one lost. */
struct range { char path[PATH]; long long from, to; };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct range dirty[FILES], lost[FILES];
static char dir[PATH], log_path[PATH], kind;
static long left;
static int error, half_written;

__attribute__((constructor)) static void begin(void) {
    const char *what = getenv("FAULT"), *at = getenv("FAULT_AT"), *number = getenv("FAULT_ERRNO");
    if (!what || !at || !number || !getenv("FAULT_DIR") || !getenv("FAULT_LOG")) return;
    kind = *what;
    left = atol(at);
    error = atoi(number);
    snprintf(dir, sizeof dir, "%s", getenv("FAULT_DIR"));
    snprintf(log_path, sizeof log_path, "%s", getenv("FAULT_LOG"));
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* The path of an open file, where it is one of ours. */
static int ours(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = kind ? readlink(link, path, PATH - 1) : -1;
    if (length < 0) return 0;
    path[length] = 0;
    return strncmp(path, dir, strlen(dir)) == 0;
}

static struct range *entry(struct range *all, const char *path) {
    struct range *unused = NULL;
    for (int i = 0; i < FILES; i++) {
        if (strcmp(all[i].path, path) == 0) return &all[i];
        if (!unused && !all[i].path[0]) unused = &all[i];
    }
    if (unused) snprintf(unused->path, PATH, "%s", path);
    return unused;
}

static void write_log(void) {
    int fd = open(log_path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    for (int i = 0; i < FILES && fd >= 0; i++)
        if (lost[i].from < lost[i].to) dprintf(fd, "%s %lld %lld\n", lost[i].path, lost[i].from, lost[i].to);
    close(fd);
}

static void written(const char *path, long long from, long long to) {
    struct range *file = entry(dirty, path), *gone = entry(lost, path);
    if (file && file->from >= file->to) file->from = from, file->to = to;
    else if (file) file->from = from < file->from ? from : file->from, file->to = to > file->to ? to : file->to;
    if (gone && gone->from < gone->to && from <= gone->from && to > gone->from) gone->from = to, write_log();
}

static void synced(const char *path, int failed) {
    struct range *file = entry(dirty, path), *gone = entry(lost, path);
    if (failed && file && gone && file->from < file->to) *gone = *file, write_log();
    if (file) file->from = file->to = 0;
}

static int is_time(char wanted) { return kind == wanted && left > 0 && --left == 0; }

static int sync_with(int fd, int (*real)(int)) {
    char path[PATH];
    if (!ours(fd, path)) return real(fd);
    pthread_mutex_lock(&lock);
    int fails = is_time('f'), result = fails ? -1 : real(fd);
    synced(path, result != 0);
    pthread_mutex_unlock(&lock);
    if (fails) errno = error;
    return result;
}

int fsync(int fd) { return sync_with(fd, REAL(fsync)); }
int fdatasync(int fd) { return sync_with(fd, REAL(fdatasync)); }

static ssize_t write_at(int fd, const void *bytes, size_t length, long long at) {
    char path[PATH];
    ssize_t (*real)(int, const void *, size_t, off_t) = REAL(pwrite);
    ssize_t (*append)(int, const void *, size_t) = REAL(write);
    if (!ours(fd, path)) return at < 0 ? append(fd, bytes, length) : real(fd, bytes, length, at);
    pthread_mutex_lock(&lock);
    struct stat now;
    long long from = at >= 0 ? at : lseek(fd, 0, SEEK_CUR);
    if (at < 0 && (fcntl(fd, F_GETFL) & O_APPEND) && fstat(fd, &now) == 0) from = now.st_size;
    int fails = half_written;
    half_written = 0;
    if (!fails && is_time('w')) {
        if (length < 2) fails = 1;
        else half_written = 1, length /= 2;
    }
    ssize_t done = fails ? -1 : at < 0 ? append(fd, bytes, length) : real(fd, bytes, length, at);
    if (done > 0) written(path, from, from + done);
    pthread_mutex_unlock(&lock);
    if (fails) errno = error;
    return done;
}

ssize_t write(int fd, const void *bytes, size_t length) { return write_at(fd, bytes, length, -1); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { return write_at(fd, bytes, length, at); }
ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t at) { return write_at(fd, bytes, length, at); }

/* One piece at a time is a short write, which every caller must expect. */
ssize_t writev(int fd, const struct iovec *pieces, int count) {
    char path[PATH];
    if (count < 1 || !ours(fd, path)) return REAL(writev)(fd, pieces, count);
    return write_at(fd, pieces[0].iov_base, pieces[0].iov_len, -1);
}

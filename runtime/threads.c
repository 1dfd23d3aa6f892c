/* The number of threads and the default pool, one per process however many libraries are linked. */
#define _GNU_SOURCE
#include "hg_internal.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern HG_SHARED int hg1_thread_setting;
HG_SHARED int hg1_thread_setting = 0;

static int available_processors(void) {
#if defined(__linux__)
    /* Room for 65536 processors: the kernel refuses a mask that is smaller than its own. */
    unsigned long mask[65536 / (8 * sizeof(unsigned long))];
    memset(mask, 0, sizeof mask);
    if (sched_getaffinity(0, sizeof mask, (cpu_set_t *)(void *)mask) == 0) {
        int count = 0;
        for (size_t word = 0; word < sizeof mask / sizeof mask[0]; ++word) {
            /* Bit by bit: __builtin_popcountl would need a function of the compiler's run-time library. */
            for (unsigned long bits = mask[word]; bits != 0; bits &= bits - 1) {
                ++count;
            }
        }
        if (count > 0) {
            return count;
        }
    }
#endif
    const long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : count > HG_LARGEST_THREADS ? HG_LARGEST_THREADS : (int)count;
}

HG_SHARED hg_status hg1_set_num_threads(int threads) {
    if (threads < 0 || threads > HG_LARGEST_THREADS) {
        return HG_ERROR_THREADS;
    }
    __atomic_store_n(&hg1_thread_setting, threads, __ATOMIC_RELAXED);
    return HG_OK;
}

HG_SHARED int hg1_get_num_threads(void) {
    const int setting = __atomic_load_n(&hg1_thread_setting, __ATOMIC_RELAXED);
    return setting > 0 ? setting : available_processors();
}

typedef struct hg1_worker_thread {
    pthread_t thread;
    struct hg1_worker_thread *next;
} hg1_worker_thread;

typedef struct hg1_pool {
    pthread_mutex_t mutex;
    pthread_cond_t work, finished;
    pid_t process;             /* another process: left behind by fork, without threads; 0: stopped; atomic */
    struct hg1_pool *previous; /* what this one replaced, kept reachable */
    int busy;                  /* one job at a time; atomic */
    int stop;
    int64_t workers;
    hg1_worker_thread *threads;
    hg_task task; /* the job: indices [next, count) are not begun, `running` are under way */
    void *context;
    int64_t next, count, running;
} hg1_pool;

/* No lock guards this pointer, so that fork can never leave one behind that nobody will open again. A pool is never
   freed: a thread may still hold a pointer to it. The first one needs no memory of its own; only a child of fork makes
   others. */
extern HG_SHARED hg1_pool *hg1_current_pool;
extern HG_SHARED hg1_pool hg1_first_pool;
extern HG_SHARED int hg1_first_pool_taken;
HG_SHARED hg1_pool *hg1_current_pool = NULL;
HG_SHARED hg1_pool hg1_first_pool;
HG_SHARED int hg1_first_pool_taken = 0;

/* Begins the next index of the job with the mutex held; returns 0 when none is left. */
static int take(hg1_pool *pool) {
    if (pool->next >= pool->count) {
        return 0;
    }
    const int64_t index = pool->next++;
    const hg_task task = pool->task;
    void *context = pool->context;
    ++pool->running;
    pthread_mutex_unlock(&pool->mutex);
    task(context, index);
    pthread_mutex_lock(&pool->mutex);
    if (--pool->running == 0 && pool->next >= pool->count) {
        pthread_cond_broadcast(&pool->finished);
    }
    return 1;
}

static void *work(void *argument) {
    hg1_pool *pool = (hg1_pool *)argument;
    pthread_mutex_lock(&pool->mutex);
    while (!pool->stop) {
        if (!take(pool)) {
            pthread_cond_wait(&pool->work, &pool->mutex);
        }
    }
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

/* In a child of fork. The process number alone could be that of a dead ancestor. */
static void forget_pool(void) {
    hg1_pool *pool = __atomic_load_n(&hg1_current_pool, __ATOMIC_ACQUIRE);
    if (pool != NULL) {
        __atomic_store_n(&pool->process, 0, __ATOMIC_RELAXED);
    }
}

static hg1_pool *current_pool(void) {
    hg1_pool *found = __atomic_load_n(&hg1_current_pool, __ATOMIC_ACQUIRE);
    const pid_t process = getpid();
    if (found != NULL && __atomic_load_n(&found->process, __ATOMIC_RELAXED) == process) {
        return found;
    }
    const int first = __atomic_exchange_n(&hg1_first_pool_taken, 1, __ATOMIC_RELAXED) == 0;
    hg1_pool *made = first ? &hg1_first_pool : (hg1_pool *)calloc(1, sizeof *made);
    if (made == NULL) {
        return NULL;
    }
    pthread_mutex_init(&made->mutex, NULL);
    pthread_cond_init(&made->work, NULL);
    pthread_cond_init(&made->finished, NULL);
    made->process = process;
    made->previous = found;
    if (!__atomic_compare_exchange_n(&hg1_current_pool, &found, made, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        if (!first) { /* another thread was faster */
            free(made);
        }
        return found;
    }
    pthread_atfork(NULL, NULL, forget_pool);
    return made;
}

/* Starts workers until there are `wanted`, or as many as the system allows. The mutex is held. */
static void grow(hg1_pool *pool, int64_t wanted) {
    sigset_t all, before;
    if (pool->workers >= wanted) {
        return;
    }
    /* The program's signals are for its own threads. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (pool->workers < wanted) {
        hg1_worker_thread *worker = (hg1_worker_thread *)malloc(sizeof *worker);
        if (worker == NULL) {
            break;
        }
        if (pthread_create(&worker->thread, NULL, work, pool) != 0) {
            free(worker);
            break;
        }
        worker->next = pool->threads;
        pool->threads = worker;
        ++pool->workers;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

HG_HELPER_DEFINITION void hg1_pool_run(int64_t count, hg_task task, void *context) {
    hg1_pool *pool = count > 1 ? current_pool() : NULL;
    /* A pool at work means a concurrent caller or a call from inside a task: then this thread does all alone. */
    if (pool == NULL || __atomic_exchange_n(&pool->busy, 1, __ATOMIC_ACQUIRE) != 0) {
        for (int64_t index = 0; index < count; ++index) {
            task(context, index);
        }
        return;
    }
    pthread_mutex_lock(&pool->mutex);
    if (!pool->stop) {
        grow(pool, count - 1);
    }
    pool->task = task;
    pool->context = context;
    pool->next = 0;
    pool->count = count;
    pthread_cond_broadcast(&pool->work);
    while (take(pool)) {
    }
    while (pool->running > 0) {
        pthread_cond_wait(&pool->finished, &pool->mutex);
    }
    pool->next = pool->count = 0;
    pthread_mutex_unlock(&pool->mutex);
    __atomic_store_n(&pool->busy, 0, __ATOMIC_RELEASE);
}

/* Before this code is unmapped (dlclose) its threads must have left it. The next call would start a new pool. */
static __attribute__((destructor)) void stop_pool(void) {
    hg1_pool *pool = __atomic_load_n(&hg1_current_pool, __ATOMIC_ACQUIRE);
    pid_t process = getpid();
    if (pool == NULL ||
        !__atomic_compare_exchange_n(&pool->process, &process, 0, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
        return;
    }
    pthread_mutex_lock(&pool->mutex);
    pool->stop = 1;
    hg1_worker_thread *worker = pool->threads;
    pool->threads = NULL;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->mutex);
    while (worker != NULL) {
        hg1_worker_thread *next = worker->next;
        if (!pthread_equal(worker->thread, pthread_self())) {
            pthread_join(worker->thread, NULL);
        }
        free(worker);
        worker = next;
    }
}

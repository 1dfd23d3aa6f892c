/* Every result is defined with round-to-nearest and with subnormals kept, whatever mode the caller's thread is in. */
#ifndef HG_FP_STATE_H
#define HG_FP_STATE_H

#if defined(__SSE__)

#include <xmmintrin.h>
typedef unsigned int hg1_fp_state;

static inline hg1_fp_state hg1_fp_enter(void) {
    const hg1_fp_state saved = _mm_getcsr();
    _mm_setcsr(0x1f80u); /* all exceptions masked and clear, to nearest, FTZ and DAZ off */
    return saved;
}
static inline void hg1_fp_leave(hg1_fp_state saved) {
    _mm_setcsr(saved);
}

#elif defined(__aarch64__)

#include <stdint.h>
typedef uint64_t hg1_fp_state;

static inline hg1_fp_state hg1_fp_enter(void) {
    hg1_fp_state saved;
    const hg1_fp_state standard = 0; /* no traps, to nearest, FZ and FZ16 off, NaN payloads kept */
    __asm__ volatile("mrs %0, fpcr" : "=r"(saved));
    __asm__ volatile("msr fpcr, %0" : : "r"(standard) : "memory");
    return saved;
}
static inline void hg1_fp_leave(hg1_fp_state saved) {
    __asm__ volatile("msr fpcr, %0" : : "r"(saved) : "memory");
}

#elif defined(__arm__) && defined(__ARM_FP)

#include <stdint.h>
typedef uint32_t hg1_fp_state;

static inline hg1_fp_state hg1_fp_enter(void) {
    hg1_fp_state saved;
    const hg1_fp_state standard = 0;
    __asm__ volatile("vmrs %0, fpscr" : "=r"(saved));
    __asm__ volatile("vmsr fpscr, %0" : : "r"(standard) : "memory");
    return saved;
}
static inline void hg1_fp_leave(hg1_fp_state saved) {
    __asm__ volatile("vmsr fpscr, %0" : : "r"(saved) : "memory");
}

#else

/* Elsewhere the state is left alone: <fenv.h> would need libm. */
typedef int hg1_fp_state;
static inline hg1_fp_state hg1_fp_enter(void) {
    return 0;
}
static inline void hg1_fp_leave(hg1_fp_state saved) {
    (void)saved;
}

#endif

#endif

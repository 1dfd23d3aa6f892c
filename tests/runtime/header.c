#include "runtime/hg.h"

#include "runtime/hg.h" /* twice: its guard */

hg_status header_compiles(void);
hg_status header_compiles(void) {
    return hg_set_num_threads(0);
}

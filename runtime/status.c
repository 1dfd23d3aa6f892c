/* Explanations of the statuses. */
#include "hg_internal.h"

HG_SHARED const char *hg1_status_string(hg_status status) {
    switch ((int)status) {
#define HG_STATUS_CASE(number, name, text)                                                                             \
    case number: return text;
        HG_STATUS_LIST(HG_STATUS_CASE)
#undef HG_STATUS_CASE
        default: return "unknown status";
    }
}

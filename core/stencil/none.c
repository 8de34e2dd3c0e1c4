/* No stencils: for hosts and compilers that bodies.c is not for. */
#include "core/engine/stencil.h"

#include <stddef.h>

const struct stencil stencils[] = {{0}};
const unsigned stencil_count = 0;

bool stencils_run_here(void)
{
    return false;
}

/* The exclusive monitor: tests/unit/memory_exclusive.c. Locations by x0. */
        .include "program.inc"

/* Of each size: the status in w3, what was there in x1. */
        .macro  pair name, load, store, old, new
program \name
        \load   \old, [x0]
        \store  w3, \new, [x0]
        done
end
        .endm

        pair    byte,           ldxrb,  stxrb,  w1, w2
        pair    half,           ldxrh,  stxrh,  w1, w2
        pair    word,           ldxr,   stxr,   w1, w2
        pair    double,         ldxr,   stxr,   x1, x2
        pair    byte_ordered,   ldaxrb, stlxrb, w1, w2
        pair    half_ordered,   ldaxrh, stlxrh, w1, w2
        pair    word_ordered,   ldaxr,  stlxr,  w1, w2
        pair    double_ordered, ldaxr,  stlxr,  x1, x2

program pair_of_words
        ldxp    w1, w4, [x0]
        stxp    w3, w2, w5, [x0]
        done
end

program pair_of_doubles
        ldxp    x1, x4, [x0]
        stxp    w3, x2, x5, [x0]
        done
end

program pair_ordered
        ldaxp   x1, x4, [x0]
        stlxp   w3, x2, x5, [x0]
        done
end

program store_only
        stxr    w3, x2, [x0]
        done
end

program load_only
        ldxr    x1, [x0]
        done
end

program store_twice
        ldxr    x1, [x0]
        stxr    w3, x2, [x0]
        stxr    w4, x5, [x0]
        done
end

program cleared
        ldxr    x1, [x0]
        clrex
        stxr    w3, x2, [x0]
        done
end

program elsewhere
        ldxr    x1, [x0]
        add     x6, x0, #2048
        stxr    w3, x2, [x6]
        done
end

/* The later load-exclusive is the one that counts. */
program later_load
        ldxr    x1, [x0]
        add     x6, x0, #2048
        ldxr    x4, [x6]
        stxr    w3, x2, [x0]
        ldxr    x4, [x6]
        stxr    w5, x2, [x6]
        done
end

/* Loads and calculations between the two change nothing. */
program with_code_between
        ldxr    x1, [x0]
        ldr     x4, [x0, #8]
        ldp     x5, x6, [x0, #16]
        add     x2, x1, #1
        cbz     x2, 1f
        stxr    w3, x2, [x0]
1:      done
end

/* Count to x7 by load and store exclusive, as locks and counters do. */
program count
1:      ldaxr   x1, [x0]
        add     x1, x1, #1
        stlxr   w3, x1, [x0]
        cbnz    w3, 1b
        sub     x7, x7, #1
        cbnz    x7, 1b
        done
end

/* Code that changes, moves and ends: tests/unit/engine.c. */
        .include "program.inc"

/* Put w1 at `here`, which is ahead, then go there; x2 says which one ran. */
program store_ahead
        adr     x0, here
        str     w1, [x0]
        nop
        nop
here:   mov     x2, #1
        done
end

/* The same onto the very next instruction. */
program store_next
        adr     x0, 1f
        mov     x2, #0
        str     w1, [x0]
1:      mov     x2, #1
        done
end

/* As the manual wants it (B2.4.4). */
program store_with_maintenance
        adr     x0, 1f
        str     w1, [x0]
        dc      cvau, x0
        dsb     ish
        ic      ivau, x0
        dsb     ish
        isb
        nop
1:      mov     x2, #1
        done
end

/* Store w1 exclusively at x0, and the seven bytes of x1 at x0 as part of an unaligned word. */
        .macro  exclusive
        ldxr    w5, [x0]
        stxr    w6, w1, [x0]
        .endm

        .macro  unaligned
        ldrb    w5, [x0, #-1]
        orr     x5, x5, x1, lsl #8
        stur    x5, [x0, #-1]
        .endm

/* In every size and way: what has run before becomes another instruction. */
        .macro  patch name, store:vararg
program \name
        adr     x0, 1f
        bl      2f                      // so that it has been executed before
        \store
        bl      2f
        done
2:      mov     x2, #0
        mov     x3, #0
1:      mov     x2, #1
        mov     x3, #1
        nop
        nop
        ret
end
        .endm

        patch   patch_byte,     strb w1, [x0]
        patch   patch_half,     strh w1, [x0]
        patch   patch_word,     str w1, [x0]
        patch   patch_double,   str x1, [x0]
        patch   patch_pair,     stp w1, w4, [x0]
        patch   patch_quad,     str q1, [x0]
        patch   patch_exclusive, exclusive
        patch   patch_unaligned, unaligned

/* A loop whose body changes in each turn: x2 counts 1 + 2 + ... */
program changing_loop
        adr     x0, 1f
        mov     x2, #0
        mov     w5, #1
2:      lsl     w6, w5, #10             // ADD x2, x2, #w5
        orr     w6, w6, w1
        str     w6, [x0]
1:      nop
        add     w5, w5, #1
        cmp     w5, w4
        b.ls    2b
        done
end

/* Code at x10 whose other mapping, at x11, can be written. */
program through_alias
        blr     x10
        mov     x3, x2
        str     w1, [x11]
        blr     x10
        done
end

program one_and_return
        mov     x2, #1
        ret
end

program call_x10
        blr     x10
        done
end

program call_x10_and_return
        mov     x20, x30
        blr     x10
        ret     x20
end

/* Clear what is executed next. */
program zero_ahead
        mov     x2, #5
        adr     x0, 1f
        dc      zva, x0
1:      mov     x2, #1
        done
end

/* Straight on over the end of a page. */
program over_the_edge
        mov     x1, #1
        mov     x2, #2
        mov     x3, #3
        mov     x4, #4
        done
end

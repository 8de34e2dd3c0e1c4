/*
 * Floating point in double precision: "float-matrix" multiplies matrices,
 * "float-nbody" moves planets under gravity (square roots and divisions).
 */
#include "tools/benchmark/guest.h"

enum { SIZE = 64, PRODUCTS = 96, BODIES = 5, STEPS = 300000 };

static u64 bits_of(double d)
{
    u64 b;
    __builtin_memcpy(&b, &d, sizeof(b));
    return b;
}

static double a[SIZE][SIZE], b[SIZE][SIZE], product[SIZE][SIZE];

static void multiply(void)
{
    for (unsigned i = 0; i < SIZE; i++)
        for (unsigned k = 0; k < SIZE; k++) {
            double sum = 0;
            for (unsigned j = 0; j < SIZE; j++)
                sum += a[i][j] * b[j][k];
            product[i][k] = sum;
        }
}

static u64 matrix(void)
{
    u64 seed = 1, sum = MIX_START;
    for (unsigned i = 0; i < SIZE; i++)
        for (unsigned k = 0; k < SIZE; k++) {
            a[i][k] = (double)(next_random(&seed) >> 40) / 16777216;
            b[i][k] = (double)(next_random(&seed) >> 40) / 16777216;
        }
    for (unsigned round = 0; round < PRODUCTS; round++) {
        multiply();
        for (unsigned i = 0; i < SIZE; i++) {
            a[i][round] = product[i][i] / (SIZE * 2);
            sum = mix(sum, bits_of(product[i][(i + round) % SIZE]));
        }
    }
    return sum;
}

struct body {
    double at[3], speed[3], mass;
};

static void step(struct body body[BODIES], double time)
{
    for (unsigned i = 0; i < BODIES; i++)
        for (unsigned k = i + 1; k < BODIES; k++) {
            double d[3], square = 0.01; /* so that a close encounter stays finite */
            for (unsigned axis = 0; axis < 3; axis++) {
                d[axis] = body[i].at[axis] - body[k].at[axis];
                square += d[axis] * d[axis];
            }
            double pull = time / (square * __builtin_sqrt(square));
            for (unsigned axis = 0; axis < 3; axis++) {
                body[i].speed[axis] -= d[axis] * body[k].mass * pull;
                body[k].speed[axis] += d[axis] * body[i].mass * pull;
            }
        }
    for (unsigned i = 0; i < BODIES; i++)
        for (unsigned axis = 0; axis < 3; axis++)
            body[i].at[axis] += time * body[i].speed[axis];
}

static u64 nbody(void)
{
    struct body body[BODIES];
    u64 seed = 7, sum = MIX_START;
    for (unsigned i = 0; i < BODIES; i++) {
        for (unsigned axis = 0; axis < 3; axis++) {
            body[i].at[axis] = (double)(next_random(&seed) >> 44) / 65536 - 8;
            body[i].speed[axis] = (double)(next_random(&seed) >> 44) / 524288 - 1;
        }
        body[i].mass = i ? 0.1 * i : 40;
    }
    for (unsigned i = 0; i < STEPS; i++)
        step(body, 0.001);
    for (unsigned i = 0; i < BODIES; i++)
        sum = mix(sum, bits_of(body[i].at[0]));
    return sum;
}

u64 measure(const char *argument)
{
    return same_text(argument, "matrix") ? matrix() : nbody();
}

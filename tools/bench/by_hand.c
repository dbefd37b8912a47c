/* A fleet's training by hand, the limit that `make bench` compares the engine with: members of 2-16-16-1 units, relu,
 * plain SGD, batches of 32, all points judged after each epoch. One member after the other, so that a network and a
 * batch stay in the first cache; the batch is innermost, as in the engine. tools/bench/by_hand.py builds it. */
#include <math.h>
#include <stdint.h>

enum { UNITS = 16, BATCH = 32, VECTORS = BATCH / 4, ACROSS = 4, ALONG = 2 }; /* ACROSS by ALONG sums fill registers */

typedef float Vector __attribute__((vector_size(16))); /* of SSE */
typedef int32_t Mask __attribute__((vector_size(16)));
typedef union {
    float at[BATCH];
    Vector vector[VECTORS];
} Points; /* a number for each point of a batch */

typedef struct {
    float first[2][UNITS], first_bias[UNITS], second[UNITS][UNITS], second_bias[UNITS], last[UNITS], last_bias;
} Network;

typedef struct {
    Points x[2], label, present;
} Batch;

typedef struct {
    Points first[UNITS], second[UNITS], logit;
} Activations;

static inline Vector all(float value) { return (Vector){value, value, value, value}; }

static inline float total(Vector sum) { return sum[0] + sum[1] + sum[2] + sum[3]; }

/* `value` where `gate` is above 0, else 0: of itself it is relu, of relu's result relu's gradient. */
static inline Vector gated(Vector value, Vector gate) { return (Vector)((Mask)value & (gate > 0)); }

/* out[j] = gated(start[j] + sum over i of kernel(i, j) * in[i]), where kernel(i, j) is kernel[i * along + j * across];
 * the gate is gate[j], or the sum itself where gate is NULL. */
static inline void product(const float *kernel, int along, int across, const float *start, const Points *in,
                           const Points *gate, Points *out) {
    for (int j = 0; j < UNITS; j += ACROSS)
        for (int v = 0; v < VECTORS; v += ALONG) {
            Vector sums[ACROSS][ALONG];
            for (int q = 0; q < ACROSS; q++)
                for (int r = 0; r < ALONG; r++) sums[q][r] = all(start ? start[j + q] : 0);
            for (int i = 0; i < UNITS; i++)
                for (int q = 0; q < ACROSS; q++)
                    for (int r = 0; r < ALONG; r++)
                        sums[q][r] += all(kernel[i * along + (j + q) * across]) * in[i].vector[v + r];
            for (int q = 0; q < ACROSS; q++)
                for (int r = 0; r < ALONG; r++)
                    out[j + q].vector[v + r] = gated(sums[q][r], gate ? gate[j + q].vector[v + r] : sums[q][r]);
        }
}

/* kernel[i][j] -= rate * the sum over the batch of in[i] * out[j]. */
static inline void descend(float kernel[UNITS][UNITS], const Points *in, const Points *out, float rate) {
    for (int i = 0; i < UNITS; i += ALONG)
        for (int j = 0; j < UNITS; j += ACROSS) {
            Vector sums[ALONG][ACROSS] = {{{0}}};
            for (int v = 0; v < VECTORS; v++)
                for (int p = 0; p < ALONG; p++)
                    for (int q = 0; q < ACROSS; q++) sums[p][q] += in[i + p].vector[v] * out[j + q].vector[v];
            for (int p = 0; p < ALONG; p++)
                for (int q = 0; q < ACROSS; q++) kernel[i + p][j + q] -= rate * total(sums[p][q]);
        }
}

static inline void forward(const Network *net, const Batch *batch, Activations *found) {
    for (int j = 0; j < UNITS; j++)
        for (int v = 0; v < VECTORS; v++) {
            Vector sum = all(net->first[0][j]) * batch->x[0].vector[v] + all(net->first[1][j]) * batch->x[1].vector[v] +
                         all(net->first_bias[j]);
            found->first[j].vector[v] = gated(sum, sum);
        }
    product(net->second[0], UNITS, 1, net->second_bias, found->first, 0, found->second);
    for (int v = 0; v < VECTORS; v++) {
        Vector sum = all(net->last_bias);
        for (int j = 0; j < UNITS; j++) sum += all(net->last[j]) * found->second[j].vector[v];
        found->logit.vector[v] = sum;
    }
}

/* Add up the cross-entropy and the hits; write the gradient to the logits. */
static inline void score(const Batch *batch, const Points *logit, Points *loss, Points *hits, Points *slope) {
    Points small, log_of_sum; /* in loops of their own, for the vectors of glibc's functions */
    for (int b = 0; b < BATCH; b++) small.at[b] = expf(-fabsf(logit->at[b]));
    for (int b = 0; b < BATCH; b++) log_of_sum.at[b] = logf(1 + small.at[b]);
    for (int b = 0; b < BATCH; b++) {
        float value = logit->at[b], label = batch->label.at[b], present = batch->present.at[b];
        loss->at[b] += present * ((value > 0 ? value : 0) - value * label + log_of_sum.at[b]);
        hits->at[b] += (value > 0) == (label > 0.5f) ? present : 0;
        slope->at[b] = present * ((value > 0 ? 1 : small.at[b]) / (1 + small.at[b]) - label);
    }
}

static inline void update(Network *net, const Batch *batch, const Activations *found, const Points *slope, float rate) {
    Points second[UNITS], first[UNITS];
    Vector ones = all(0);
    for (int v = 0; v < VECTORS; v++) ones += slope->vector[v];
    for (int j = 0; j < UNITS; j++)
        for (int v = 0; v < VECTORS; v++)
            second[j].vector[v] = gated(all(net->last[j]) * slope->vector[v], found->second[j].vector[v]);
    product(net->second[0], 1, UNITS, 0, second, found->first, first);
    net->last_bias -= rate * total(ones);
    for (int i = 0; i < UNITS; i++) {
        Vector last = all(0), second_bias = all(0), first_bias = all(0), x[2] = {{0}};
        for (int v = 0; v < VECTORS; v++) {
            last += found->second[i].vector[v] * slope->vector[v];
            second_bias += second[i].vector[v];
            first_bias += first[i].vector[v];
            for (int k = 0; k < 2; k++) x[k] += batch->x[k].vector[v] * first[i].vector[v];
        }
        net->last[i] -= rate * total(last);
        net->second_bias[i] -= rate * total(second_bias);
        net->first_bias[i] -= rate * total(first_bias);
        for (int k = 0; k < 2; k++) net->first[k][i] -= rate * total(x[k]);
    }
    descend(net->second, found->first, second, rate);
}

static inline void gather(Batch *batch, const float *x, const float *y, const int32_t *rows, int count) {
    for (int b = 0; b < BATCH; b++) {
        int row = b < count ? rows[b] : 0;
        batch->x[0].at[b] = x[2 * row], batch->x[1].at[b] = x[2 * row + 1], batch->label.at[b] = y[row];
        batch->present.at[b] = b < count;
    }
}

/* Train each member for an epoch over its order, shape (members, rows), then judge it on all rows, whose numbers are
 * `all_rows`; write loss, accuracy, val_loss and val_accuracy to curves, shape (members, 4). */
void train_epoch(Network *networks, int members, int rows, const float *x, const float *y, const int32_t *orders,
                 const int32_t *all_rows, float rate, float *curves) {
    for (int member = 0; member < members; member++)
        for (int judged = 0; judged < 2; judged++) {
            const int32_t *order = judged ? all_rows : orders + (int64_t)member * rows;
            Points loss = {{0}}, hits = {{0}}, slope;
            float *curve = curves + 4 * member + 2 * judged;
            for (int at = 0; at < rows; at += BATCH) {
                int count = rows - at < BATCH ? rows - at : BATCH;
                Batch batch;
                Activations found;
                gather(&batch, x, y, order + at, count);
                forward(&networks[member], &batch, &found);
                score(&batch, &found.logit, &loss, &hits, &slope);
                if (!judged) update(&networks[member], &batch, &found, &slope, rate / count);
            }
            curve[0] = curve[1] = 0;
            for (int b = 0; b < BATCH; b++) curve[0] += loss.at[b] / rows, curve[1] += hits.at[b] / rows;
        }
}

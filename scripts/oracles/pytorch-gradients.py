"""Gradients that PyTorch computes for small composite networks.

Writes src/engine/train/testing/fixtures/pytorch-gradients.json, which pytorch.test.ts compares with
the gradient graphs of src/engine/train. Tests only read the file; run this again when a case is
added:

    python -m venv /tmp/torch && /tmp/torch/bin/pip install torch numpy
    /tmp/torch/bin/python scripts/oracles/pytorch-gradients.py

Each case is a function of named variables. L = sum(seed * y) with a random seed; everything is
computed in float64 from values of two decimals, and gradients are written with six significant
digits. A case whose name starts with "batch" normalizes with the statistics of the batch.
"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F

OUT = pathlib.Path(__file__).parents[2] / "src/engine/train/testing/fixtures/pytorch-gradients.json"
CASES = {}


def case(**dims):
    """Registers a function of variables with the given dims."""

    def register(function):
        CASES[function.__name__.replace("_", " ")] = (dims, function)
        return function

    return register


@case(x=(2, 3, 9), w=(4, 3, 3), b=(4,))
def conv_1d(x, w, b):
    return F.conv1d(F.pad(x, (2, 1)), w, b, stride=2)


@case(x=(2, 2, 5, 5), w=(3, 2, 3, 3), b=(3,))
def conv_2d(x, w, b):
    return F.conv2d(x, w, b, padding=1)


@case(x=(2, 4, 6, 5), w=(4, 2, 3, 3), b=(4,))
def conv_groups_strided(x, w, b):
    return F.conv2d(x, w, b, stride=2, padding=1, groups=2)


@case(x=(2, 3, 6, 6), w=(3, 1, 3, 3), v=(4, 3, 1, 1))
def conv_depthwise_separable(x, w, v):
    return F.conv2d(F.conv2d(x, w, padding=1, groups=3), v)


@case(x=(2, 4, 7, 6), w=(4, 1, 3, 3), b=(4,))
def conv_depthwise_strided(x, w, b):
    return F.conv2d(x, w, b, stride=2, padding=1, groups=4)


@case(x=(1, 2, 9, 8), w=(2, 2, 3, 2))
def conv_dilated(x, w):
    return F.conv2d(x, w, dilation=(2, 3), padding=(2, 1))


@case(x=(2, 2, 6, 7), w=(3, 2, 3, 2), b=(3,))
def conv_asymmetric_pads(x, w, b):
    return F.conv2d(F.pad(x, (1, 2, 0, 1)), w, b, stride=(1, 2))


@case(x=(2, 3, 4, 5), w=(3, 2, 3, 3), b=(2,))
def conv_transpose(x, w, b):
    return F.conv_transpose2d(x, w, b, stride=2, padding=1, output_padding=1)


@case(x=(2, 4, 3, 3), w=(4, 2, 2, 3), b=(4,))
def conv_transpose_groups(x, w, b):
    return F.conv_transpose2d(x, w, b, stride=(2, 1), padding=(0, 1), dilation=(1, 2), groups=2)


@case(x=(2, 2, 7, 7))
def max_pool_overlapping(x):
    return F.max_pool2d(x, 3, 2, 1)


@case(x=(2, 2, 6, 7))
def average_pool_overlapping(x):
    return F.avg_pool2d(x, (3, 2), (2, 1), 1, count_include_pad=False)


@case(x=(2, 2, 6, 6))
def average_pool_counting_pads(x):
    return F.avg_pool2d(x, 3, 2, 1, count_include_pad=True)


@case(x=(2, 5, 8), gamma=(8,), beta=(8,))
def layer_norm(x, gamma, beta):
    return F.layer_norm(x, (8,), gamma, beta)


@case(x=(2, 6, 3, 3), gamma=(6,), beta=(6,))
def group_norm(x, gamma, beta):
    return F.group_norm(x, 3, gamma, beta)


@case(x=(2, 3, 4, 4), gamma=(3,), beta=(3,))
def instance_norm(x, gamma, beta):
    return F.instance_norm(x, weight=gamma, bias=beta)


@case(x=(4, 3, 3, 3), gamma=(3,), beta=(3,))
def batch_norm(x, gamma, beta):
    return F.batch_norm(x, None, None, gamma, beta, training=True)


@case(
    x=(3, 2, 6, 6), w1=(4, 2, 3, 3), gamma1=(4,), beta1=(4,), w2=(4, 4, 3, 3), gamma2=(4,),
    beta2=(4,), w3=(4, 2, 1, 1), w=(3, 4), b=(3,),
)  # fmt: skip
def batch_residual_block(x, w1, gamma1, beta1, w2, gamma2, beta2, w3, w, b):
    def norm(value, gamma, beta):
        return F.batch_norm(value, None, None, gamma, beta, training=True)

    h = F.relu(norm(F.conv2d(x, w1, stride=2, padding=1), gamma1, beta1))
    h = norm(F.conv2d(h, w2, padding=1), gamma2, beta2)
    h = F.relu(h + F.conv2d(x, w3, stride=2))
    return F.linear(h.mean((2, 3)), w, b)


@case(
    x=(2, 5, 8), wq=(8, 8), wk=(8, 8), wv=(8, 8), wo=(8, 8), bq=(8,), bk=(8,), bv=(8,), bo=(8,)
)
def causal_attention(x, wq, wk, wv, wo, bq, bk, bv, bo):
    def heads(w, b):
        return (x @ w + b).view(2, 5, 2, 4).transpose(1, 2)

    attended = F.scaled_dot_product_attention(
        heads(wq, bq), heads(wk, bk), heads(wv, bv), is_causal=True
    )
    return attended.transpose(1, 2).reshape(2, 5, 8) @ wo + bo


@case(x=(2, 4, 6), w=(6, 18), b=(18,), wo=(6, 6), bias=(2, 1, 1, 4))
def padded_attention(x, w, b, wo, bias):
    q, k, v = (
        part.view(2, 4, 2, 3).transpose(1, 2) for part in (x @ w + b).split(6, dim=2)
    )
    seen = torch.tensor([[True, True, True, False], [True, True, True, True]])[:, None, None, :]
    scores = (q @ k.transpose(-1, -2)) / math.sqrt(3) + bias
    scores = scores.masked_fill(~seen, torch.finfo(torch.float32).min)
    return (scores.softmax(-1) @ v).transpose(1, 2).reshape(2, 4, 6) @ wo


@case(x=(2, 3, 8), gamma=(8,), wq=(8, 8), wk=(8, 4), wv=(8, 4), w1=(8, 6), w2=(8, 6), w3=(6, 8))
def rotary_swiglu_layer(x, gamma, wq, wk, wv, w1, w2, w3):
    angles = torch.outer(torch.arange(3.0), torch.tensor([1.0, 0.1])).repeat(1, 2).double()

    def heads(value, count):
        return value.view(2, 3, count, 4).transpose(1, 2)

    def turned(value):
        half = torch.cat((-value[..., 2:], value[..., :2]), dim=-1)
        return value * angles.cos() + half * angles.sin()

    def shared(value):
        return value[:, :, None].expand(2, 1, 2, 3, 4).reshape(2, 2, 3, 4)

    h = F.rms_norm(x, (8,), gamma, eps=1e-5)
    q, k, v = turned(heads(h @ wq, 2)), shared(turned(heads(h @ wk, 1))), shared(heads(h @ wv, 1))
    x = x + ((q @ k.transpose(-1, -2) / 2).softmax(-1) @ v).transpose(1, 2).reshape(2, 3, 8)
    return x + (F.silu(x @ w1) * (x @ w2)) @ w3


@case(x=(2, 2, 4, 4), w=(3, 2, 3, 3), up=(3, 2, 2, 2), w2=(2, 4, 3, 3))
def u_net(x, w, up, w2):
    down = F.max_pool2d(F.leaky_relu(F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), w), 0.1), 2)
    joined = torch.cat((F.conv_transpose2d(down, up, stride=2), x), dim=1)
    return torch.sigmoid(F.conv2d(joined, w2))


@case(x=(2, 3, 6), gamma=(6,), beta=(6,), w1=(6, 10), b1=(10,), w2=(10, 6), b2=(6,))
def transformer_mlp(x, gamma, beta, w1, b1, w2, b2):
    h = F.layer_norm(x, (6,), gamma, beta)
    return x + F.gelu(h @ w1 + b1) @ w2 + b2


@case(x=(3, 4), w1=(4, 8), w2=(8, 2))
def tanh_gelu(x, w1, w2):
    return F.gelu(x @ w1, approximate="tanh") @ w2


@case(words=(7, 6), places=(4, 6), gamma=(6,), beta=(6,), w=(6, 3))
def embedding_layer_norm(words, places, gamma, beta, w):
    tokens = torch.tensor([[1, 3, 3, 0], [6, 1, 2, 1]])
    h = F.layer_norm(F.embedding(tokens, words) + places, (6,), gamma, beta)
    return torch.log_softmax(h.mean(1) @ w, -1)


@case(x=(2, 2, 3, 4), w=(2, 2, 3, 3))
def resize_nearest(x, w):
    return F.conv2d(F.interpolate(x, scale_factor=2, mode="nearest"), w, padding=1)


@case(x=(1, 2, 4, 3))
def resize_bilinear(x):
    return F.interpolate(x, size=(7, 6), mode="bilinear", align_corners=False)


@case(x=(1, 2, 3, 4))
def resize_bilinear_aligned(x):
    return F.interpolate(x, size=(5, 7), mode="bilinear", align_corners=True)


@case(x=(2, 3, 5), slope=(3,))
def rms_norm_prelu(x, slope):
    return F.prelu(F.rms_norm(x, (5,), eps=1e-5), slope)


def rounded(tensor):
    return [0.0 if v == 0 else float(f"{v:.6g}") for v in tensor.flatten().tolist()]


def compute(dims, function):
    def draw(size):
        return (torch.randn(size, dtype=torch.float64) * 0.8).round(decimals=2)

    variables = {name: draw(size).requires_grad_() for name, size in dims.items()}
    y = function(**variables)
    seed = draw(y.shape)
    gradients = torch.autograd.grad((seed * y).sum(), list(variables.values()))
    return {
        "variables": {
            name: {"dims": list(value.shape), "values": rounded(value.detach())}
            for name, value in variables.items()
        },
        "seed": {"dims": list(y.shape), "values": rounded(seed)},
        "output": rounded(y.detach()),
        "gradients": {name: rounded(g) for name, g in zip(variables, gradients)},
    }


def main():
    cases = {}
    for index, (name, (dims, function)) in enumerate(CASES.items()):
        torch.manual_seed(index)
        cases[name] = compute(dims, function)
    body = ",\n".join(
        f"{json.dumps(name)}:{json.dumps(value, separators=(',', ':'))}"
        for name, value in cases.items()
    )
    version = torch.__version__.split("+")[0]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(f'{{"torch":"{version}","cases":{{\n{body}\n}}}}\n')
    print(OUT.stat().st_size, "bytes,", len(cases), "cases")


if __name__ == "__main__":
    main()

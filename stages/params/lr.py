"""The top-level key `lr`: the rate of every plain-SGD run that does not sweep rates."""

from stages.params.fields import LearningRate

Lr = LearningRate

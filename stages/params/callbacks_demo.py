"""The section `callbacks_demo`."""

from pydantic.dataclasses import dataclass

from stages.params.fields import SECTION, Epochs, Improvement, LearningRate


@dataclass(frozen=True, config=SECTION)
class CallbacksDemo:
    """Adam's learning rate, the most epochs it gets, and the rule of EarlyStopping."""

    learning_rate: LearningRate
    epochs: Epochs
    min_delta: Improvement
    patience: Epochs

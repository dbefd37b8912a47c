"""The section `own_sweep`: a question of the user's own."""

from typing import Annotated, Any, Self, get_type_hints

from annotated_types import Len
from pydantic import AfterValidator, Strict, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from stages.lib.core.runner import shown
from stages.params.dataset import Dataset
from stages.params.fields import SECTION, LearningRate, Replicates, distinct, one_of, refuse_too_many
from stages.params.network import Network
from stages.params.training import Training

# What can be varied, and the type of its values.
VARIED: dict[str, Any] = {
    "lr": LearningRate,
    **{
        f"{section}.{key}": get_type_hints(kind, include_extras=True)[key]
        for section, kind, keys in (
            ("network", Network, ("hidden_units", "activation", "kernel_initializer")),
            ("training", Training, ("batch_size", "epochs", "optimizer")),
            ("dataset", Dataset, ("fraction", "noise", "points")),
        )
        for key in keys
    },
}


def _can_be_varied(key: str) -> str:
    if key in {"training.min_delta", "training.patience"}:
        raise ValueError(
            f"changes how losses are judged, and nothing that is trained; `dvc exp run -S {key}=…` judges anew, in "
            "seconds"
        )
    return one_of(key, VARIED)


@dataclass(frozen=True, config=SECTION)
class OwnSweep:
    """A key of params.yaml and values to compare, each tuned over `learning_rates` where there are any."""

    vary: Annotated[str, Strict(), AfterValidator(_can_be_varied)]
    values: Annotated[list[Any], Len(min_length=1, max_length=100)]
    learning_rates: Annotated[list[LearningRate], Len(max_length=100), AfterValidator(distinct)]
    replicates: Replicates

    @property
    def of_points(self) -> bool:
        """Return whether each value has points of its own."""
        return self.vary.startswith("dataset.")

    @model_validator(mode="after")
    def _can_be_trained(self) -> Self:
        built = []
        for value in self.values:
            try:
                built.append(TypeAdapter(VARIED[self.vary]).validate_python(value))
            except ValidationError as error:
                message = error.errors()[0]["msg"].removeprefix("Value error, ")
                message = f"{message[0].lower()}{message[1:]}"
                raise ValueError(f"values holds {shown(value)}, which can't be {self.vary}: {message}") from error
        distinct(built)
        if self.vary == "lr" and self.learning_rates:
            raise ValueError("learning_rates must be empty where lr is varied")
        refuse_too_many(len(self.values) * max(1, len(self.learning_rates)) * self.replicates)
        return self

"""How one network is made and trained; a sweep is a list of recipes that differ in one thing."""

from dataclasses import dataclass

import keras

from stages.lib.fleet import Fleet, Member, OptimizerFactory
from stages.lib.points import Points
from stages.lib.progress import Progress
from stages.params.network import Activation, KernelInitializer, Network, parameters_of
from stages.params.training import Training


@dataclass(frozen=True)
class Recipe:
    """All that makes a network, but its seed and its points."""

    hidden_units: tuple[int, ...]
    activation: Activation
    kernel_initializer: KernelInitializer
    optimizer: OptimizerFactory
    learning_rate: float
    batch_size: int
    epochs: int

    @classmethod
    def of_baseline(cls, network: Network, training: Training, learning_rate: float) -> "Recipe":
        """Returns the recipe of the baseline: plain SGD."""
        return cls(
            hidden_units=tuple(network.hidden_units),
            activation=network.activation,
            kernel_initializer=network.kernel_initializer,
            optimizer=keras.optimizers.SGD,
            learning_rate=learning_rate,
            batch_size=training.batch_size,
            epochs=training.epochs,
        )

    @property
    def parameters(self) -> int:
        """Returns the number of trainable parameters, kernels and biases."""
        return parameters_of(self.hidden_units)

    def member(self, seed: int) -> Member:
        """Returns the member of a fleet that is made by this recipe from a seed."""
        return Member(self.hidden_units, self.kernel_initializer, self.learning_rate, seed)

    def fleet(self, members: list[Member], *, train: Points, validation: Points, name: str) -> Fleet:
        """Returns a fleet of members that share what this recipe says of activation and optimizer."""
        return Fleet(
            members,
            activation=self.activation,
            optimizer=self.optimizer,
            train=train,
            validation=validation,
            name=name,
        )

    def network(self, seed: int, *, train: Points, validation: Points, name: str) -> keras.Sequential:
        """Returns a network trained alone; it is, bit for bit, what it is in the company of a sweep."""
        fleet = self.fleet([self.member(seed)], train=train, validation=validation, name=name)
        fleet.train(epochs=self.epochs, batch_size=self.batch_size, callbacks=[Progress()])
        return fleet.network(0)

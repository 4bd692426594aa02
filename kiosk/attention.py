"""What says that somebody is at the gate beside the thermometer, which on a hot day cannot tell a forehead from a wall."""


class Attention:
    """The visit at the kiosk, and the camera's motion. Written by the core's loop, read by the thermometer's thread."""

    def __init__(self) -> None:
        self.visit = False
        """A visit has begun: a code was read, the screen touched, or somebody seen."""
        self.moving = False
        """The camera's picture moves."""

    def someone(self) -> bool:
        """Whether somebody may be there."""
        return self.visit or self.moving

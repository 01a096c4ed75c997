"""What a network takes on a device: cards with their speeds, the least time, lowered convolutions."""

"""What Qiao needs from outside, as Protocols and frozen contracts. Performs no IO."""

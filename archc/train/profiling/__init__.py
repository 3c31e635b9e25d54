"""Where the time of a training step goes: measured on the program that trains, told by layer."""

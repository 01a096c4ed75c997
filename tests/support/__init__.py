"""What tests share: programs that are run, models to compare with, texts and pictures."""

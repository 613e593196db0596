"""What several families share, on arrays alone: training, progress, recurrent cells."""

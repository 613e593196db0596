"""Many tasks on the cores of one machine or of many, by engines that others build."""

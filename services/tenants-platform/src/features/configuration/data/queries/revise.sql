UPDATE configuration.revision SET number = number + 1

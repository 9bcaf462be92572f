SELECT bytes FROM {release}.{index} ORDER BY part

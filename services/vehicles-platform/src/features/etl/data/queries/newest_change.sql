SELECT to_char(max(greatest(createdon, updatedon)), 'YYYY-MM') FROM {release}.pattern

SELECT activity.blank($1)

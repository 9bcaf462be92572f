UPDATE memberships.invitation SET accepted_by = $2 WHERE id = $1

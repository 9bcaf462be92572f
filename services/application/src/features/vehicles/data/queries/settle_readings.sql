SELECT vehicles.settle_readings($1, $2, $3, $4, $5)

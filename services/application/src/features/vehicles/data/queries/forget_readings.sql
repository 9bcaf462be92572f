SELECT vehicles.forget_readings()

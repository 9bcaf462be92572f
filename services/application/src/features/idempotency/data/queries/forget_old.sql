SELECT idempotency.forget_old()

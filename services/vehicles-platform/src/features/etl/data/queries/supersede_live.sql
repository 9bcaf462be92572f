UPDATE etl.release SET state = 'superseded' WHERE state = 'live'

"""What proves a driver: a mock AMI server, real Asterisk, recorded captures, and figures."""

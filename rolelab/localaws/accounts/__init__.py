"""What the accounts hold and who calls, at which time: the ground that every other room stands on."""

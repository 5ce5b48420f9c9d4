"""What the accounts hold, who calls, and when: what every other room stands on."""

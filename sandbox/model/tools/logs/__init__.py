"""What programs have written into log groups."""

"""Set-up of the environment: ``make setup`` runs ``python -m setup``. Standard library only: it runs before anything is installed."""

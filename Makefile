# What a person types; each target is a short script of bin/.

.DEFAULT_GOAL := aide
.PHONY: aide run administrateur cluster cluster-test test format

aide: ## Cette liste
	@sed -n 's/^\([a-z-]*\):.*## /make \1 — /p' $(MAKEFILE_LIST)

run: ## Installe ce qui manque et sert le site (HOST=127.0.0.1 PORT=8000)
	@exec bin/run

administrateur: ## Crée un compte d’administration
	@bin/prepare
	@.venv/bin/python manage.py createsuperuser

cluster: ## Plusieurs machines en une : nginx, deux nœuds, PostgreSQL et sa réplique, Redis (PORT=8200 et les sept suivants)
	@exec bin/cluster --port $(or $(PORT),8200)

cluster-test: ## Les met en panne sous une charge, l’une après l’autre (dix minutes ; PANNES="primaire-tue …")
	@exec bin/cluster faults --port $(or $(PORT),8200) $(PANNES)

test: ## Vérifie tout : style, tests sur SQLite (navigateur compris) puis sur PostgreSQL
	@bin/test

format: ## Met le code en forme
	@bin/install requirements-test.lock
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

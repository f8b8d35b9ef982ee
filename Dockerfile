# One image for web, worker, beat and the one-shot migrate; docker-compose.yml says which is which.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 OILA_VAR=/var/lib/oila
WORKDIR /app

COPY requirements.txt .
RUN pip install --require-hashes -r requirements.txt

RUN useradd --system --uid 10001 oila && install -d -o oila -g oila -m 0700 /var/lib/oila
COPY --chown=root:root . .
RUN python -m compileall -q backend surveys sync
USER oila
VOLUME /var/lib/oila
EXPOSE 8000
CMD ["python", "manage.py", "start", "web"]

# The product (`app`) and its static files behind nginx (`proxy`). Built by docker-compose.yml.

FROM python:3.11-slim-bookworm AS app
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PATH=/opt/venv/bin:$PATH
RUN groupadd --gid 10001 zhuqitong \
 && useradd --uid 10001 --gid zhuqitong --no-create-home --shell /usr/sbin/nologin zhuqitong \
 && install --directory --owner zhuqitong --group zhuqitong /var/lib/zhuqitong/media
WORKDIR /app
COPY requirements.txt .
RUN python -m venv /opt/venv \
 && pip install --no-cache-dir --require-hashes --only-binary :all: --requirement requirements.txt
COPY . .
# Nothing of this environment stays in the image: collecting files needs settings, and no servers.
RUN SECRET_KEY=only-to-collect-static-files \
    DATABASE_URL=postgres://nobody@localhost/nothing \
    REDIS_URL=redis://localhost \
    python manage.py collectstatic --no-input
USER zhuqitong
EXPOSE 8000
CMD ["gunicorn", "--config", "python:config.gunicorn", "--bind", "0.0.0.0:8000", "config.wsgi:application"]

FROM nginxinc/nginx-unprivileged:1.29-alpine AS proxy
COPY --from=app /app/staticfiles /srv/static
COPY deploy/nginx.conf /etc/nginx/conf.d/default.conf
EXPOSE 8080 8443

def test_the_process_says_that_it_is_up(client):
    assert client.get("/healthz").json() == {"status": "ok"}

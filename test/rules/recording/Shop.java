package shop;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.web.bind.annotation.*;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.http.HttpStatus;

@SpringBootApplication
@RestController
public class Shop {
  private final JdbcTemplate jdbc;
  public Shop(JdbcTemplate jdbc) { this.jdbc = jdbc; }
  @GetMapping("/orders/{id}")
  public String order(@PathVariable int id) {
    if (id == 0) throw new ResponseStatusException(HttpStatus.NOT_FOUND);
    if (id < 0) throw new IllegalStateException("negative");
    return "order " + jdbc.queryForObject("select " + id, Integer.class);
  }
  public static void main(String[] args) { SpringApplication.run(Shop.class, args); }
}
